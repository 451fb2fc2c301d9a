package dev.gavel.cli;

import dev.gavel.llama.check.CheckModel;
import dev.gavel.llama.check.GenerationCheck;
import dev.gavel.llama.check.ModelCheck;
import dev.gavel.llama.check.ModelCheck.Finding;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.train.demo.ModelFiles;
import java.io.IOException;

/// Whole models on a device against the CPU: logits, gradients, five steps of training, decoding
/// over a shared prefix, and what the generation engine draws.
final class DoctorModels {
  private final DoctorReport report;
  private final Devices.Choice choice;
  private final int threads;

  DoctorModels(DoctorReport report, Devices.Choice choice, int threads) {
    this.report = report;
    this.choice = choice;
    this.threads = threads;
  }

  /// All models in all types that the checks know bounds for.
  void run() throws IOException {
    Tokenizer tokenizer = ModelFiles.loadTokenizer();
    for (DType type : choice.provider().types()) {
      if (type == DType.F32 || type == DType.BF16) {
        for (CheckModel model : CheckModel.all()) {
          report.part(name(model, type), () -> check(model, type, tokenizer));
        }
      }
    }
  }

  private static String name(CheckModel model, DType type) {
    return "model with " + model.name() + ", " + DoctorTable.name(type);
  }

  private void check(CheckModel model, DType type, Tokenizer tokenizer) throws IOException {
    String name = name(model, type);
    try (Device device = Device.over(choice.provider().open(threads, choice.ordinal()), type)) {
      report.findings(name, new ModelCheck(device).check(model));
      GenerationCheck generation = new GenerationCheck(model, tokenizer);
      report.findings(name, generation.repeats(device));
      if (type == DType.F32 && !choice.provider().device().equals("cpu")) {
        try (Device cpu = Devices.open("cpu", DType.F32, threads)) {
          report.findings(name, generation.against(device, cpu));
        }
      }
    }
  }

  /// What is compared, without the model's name: `logits`, and all gradients as one.
  static String group(Finding finding) {
    String what = finding.what().substring(finding.what().indexOf(": ") + 2);
    if (what.startsWith("gradient of ")) {
      return "gradients";
    }
    if (what.startsWith("losses") || what.startsWith("norms of gradients")) {
      return "five training steps: " + what;
    }
    return what.startsWith("logits of") ? "decoding over a shared prefix" : what;
  }
}
