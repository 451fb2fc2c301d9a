package dev.gavel.train.model;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.tensor.Devices;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.nio.file.Path;
import java.util.Optional;

/// Which model answers, and on what.
@OptGroup("Model")
public record ModelOptions(
    @Opt(value = "Hugging Face folder of the model, or of a LoRA adapter", meta = "DIR")
        Path modelNameOrPath,
    @Opt(
            value =
                "base of an adapter folder; when absent the one that its adapter_config.json names",
            meta = "DIR")
        Optional<Path> baseModel,
    @Opt(value = "where to compute: auto, cpu, cuda or cuda:N", def = "auto") String device,
    @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
        Optional<Integer> threads,
    @Opt(
            value =
                "type of arithmetic; when absent bfloat16 on CUDA and float32 on the CPU, where bfloat16"
                    + " computes in float32; float64 runs the reference backend")
        Optional<Precision> dtype,
    @Opt(
            value = "template to use where the folder's own is missing or unknown",
            choices = {"llama3", "llama3.1", "llama3.2"})
        Optional<String> chatTemplate,
    @Opt(value = "what templates with a date print as today's", def = ChatOptions.DEFAULT_DATE)
        String dateString) {

  public ModelOptions {
    Devices.requireName(device);
  }

  /// The same for another model; an adapter's base is the one that it names.
  public ModelOptions withModel(Path folder) {
    return new ModelOptions(
        folder, Optional.empty(), device, threads, dtype, chatTemplate, dateString);
  }

  /// The given number of threads, or one for each core.
  public int threadCount() {
    return threads.orElse(Runtime.getRuntime().availableProcessors());
  }

  /// What will compute.
  ///
  /// @throws IllegalArgumentException with the reason and the remedy where it cannot be used
  public Devices.Choice choose() {
    return Devices.choose(device, dtype.map(Precision::type));
  }
}
