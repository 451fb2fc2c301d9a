package dev.gavel.cli;

import dev.gavel.llama.AdapterMerge;
import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.model.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `gavel merge`: a whole model of a LoRA adapter and its base.
final class Merge {
  static final Command<Options> COMMAND =
      new Command<>(
          "merge",
          Command.Group.MODELS,
          "a LoRA adapter and its base, merged into one model folder",
          Options.class,
          List.of(
              "gavel merge --model_name_or_path adapter --output_dir merged",
              "gavel merge --model_name_or_path adapter --base_model my-model --output_dir merged",
              "gavel merge --model_name_or_path adapter --output_dir merged --dtype bfloat16"),
          Merge::run);

  record Options(
      @Opt(value = "folder of the adapter", meta = "DIR") Path modelNameOrPath,
      @Opt(value = "its base; when absent the one that its adapter_config.json names", meta = "DIR")
          Optional<Path> baseModel,
      @Opt(value = "folder to make; new or empty", meta = "DIR") Path outputDir,
      @Opt("type of the stored weights; when absent the base's") Optional<Precision> dtype) {}

  private Merge() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options o = bound.options();
    try (ModelFolder folder = ModelFolder.open(o.modelNameOrPath(), o.baseModel())) {
      if (folder.adapter().isEmpty()) {
        throw new FormatException(
            "%s: is no adapter folder (it has no %s): there is nothing to merge"
                .formatted(o.modelNameOrPath(), AdapterConfig.FILE));
      }
      NewFolder made = NewFolder.at(o.outputDir());
      LlamaConfig config;
      try {
        config = AdapterMerge.merge(folder, o.outputDir(), o.dtype().map(Precision::stored));
      } catch (IOException | RuntimeException e) {
        made.clear();
        throw e;
      }
      console
          .err()
          .printf(
              "%s: %,d weights, merged from %s%n",
              o.outputDir(), WeightNames.parameters(config), o.modelNameOrPath());
      return Exit.DONE;
    }
  }
}
