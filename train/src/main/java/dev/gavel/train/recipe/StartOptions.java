package dev.gavel.train.recipe;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.model.Precision;
import java.nio.file.Path;
import java.util.Optional;

/// What a training starts from, and on what it computes.
@OptGroup("Model")
public record StartOptions(
    @Opt(value = "Hugging Face folder of the model, or of an adapter, to begin with", meta = "DIR")
        Optional<Path> modelNameOrPath,
    @Opt(
            value =
                "base of an adapter folder; when absent the one that its adapter_config.json names",
            meta = "DIR",
            with = "model_name_or_path")
        Optional<Path> baseModel,
    @Opt(value = "config.json of a model to begin with random weights", meta = "FILE")
        Optional<Path> initFromConfig,
    @Opt(
            value = "divide o_proj and down_proj by sqrt(2 x layers)",
            def = "false",
            with = "init_from_config")
        boolean scaledInit,
    @Opt(value = "folder with the tokenizer; default: the model's, or the config's", meta = "DIR")
        Optional<Path> tokenizer,
    @Opt(
            value = "template to use where the folder's own is missing or unknown",
            choices = {"llama3", "llama3.1", "llama3.2"})
        Optional<String> chatTemplate,
    @Opt(value = "what templates with a date print as today's", def = ChatOptions.DEFAULT_DATE)
        String dateString,
    @Opt(value = "where to compute: auto, cpu, cuda or cuda:N", def = "auto") String device,
    @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
        Optional<Integer> threads,
    @Opt(
            value =
                "type of arithmetic and of saved weights; when absent bfloat16 on CUDA and float32 on the"
                    + " CPU, where bfloat16 computes in float32; float64 runs the reference backend")
        Optional<Precision> dtype,
    @Opt(value = "seed of weights and order", def = "42") long seed) {

  public StartOptions {
    Devices.requireName(device);
    if (modelNameOrPath.isPresent() == initFromConfig.isPresent()) {
      throw new IllegalArgumentException(
          modelNameOrPath.isPresent()
              ? "--model_name_or_path and --init_from_config exclude each other"
              : "--model_name_or_path DIR is required (or --init_from_config FILE)");
    }
  }

  /// What will compute.
  ///
  /// @throws IllegalArgumentException with the reason and the remedy where it cannot be used
  Devices.Choice choose() {
    return Devices.choose(device, dtype.map(Precision::type));
  }

  /// What weights are saved in.
  SafetensorsDType stored(Devices.Choice choice) {
    return dtype.orElseGet(() -> Precision.of(choice.arithmetic())).stored();
  }

  /// What adapters are saved in: small as they are, no bit of them is lost.
  static SafetensorsDType adapter(Devices.Choice choice) {
    return Precision.of(choice.arithmetic()).stored();
  }

  /// Threads to use.
  public int threadCount() {
    return threads.orElse(Runtime.getRuntime().availableProcessors());
  }
}
