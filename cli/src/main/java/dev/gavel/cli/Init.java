package dev.gavel.cli;

import dev.gavel.llama.RandomFolder;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// `gavel init`: a model folder with random weights.
final class Init {
  static final Command<Options> COMMAND =
      new Command<>(
          "init",
          Command.Group.MODELS,
          "a model folder with random weights",
          Options.class,
          List.of(
              "gavel init --config config.json --output_dir random-model",
              "gavel init --config config.json --output_dir random-model --dtype bfloat16"
                  + " --tokenizer my-model",
              "gavel init --config config.json --output_dir random-model --scaled_init true"
                  + " --seed 7"),
          Init::run);

  /// Types of `--dtype`.
  enum Stored {
    FLOAT32(SafetensorsDType.F32),
    BFLOAT16(SafetensorsDType.BF16),
    FLOAT64(SafetensorsDType.F64);

    private final SafetensorsDType dtype;

    Stored(SafetensorsDType dtype) {
      this.dtype = dtype;
    }
  }

  record Options(
      @Opt(value = "the model's config.json", meta = "FILE", reserved = true) Path config,
      @Opt(value = "folder to make; new or empty", meta = "DIR") Path outputDir,
      @Opt(value = "folder whose tokenizer files are copied", meta = "DIR")
          Optional<Path> tokenizer,
      @Opt("type of the stored weights; when absent the config's, which is float32 if it says none")
          Optional<Stored> dtype,
      @Opt(
              value =
                  "divide o_proj and down_proj by sqrt(2 x layers), as suits what is added to the"
                      + " residual stream",
              def = "false")
          boolean scaledInit,
      @Opt(value = "decides every weight", def = "42") long seed,
      @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
          Optional<Integer> threads) {}

  private Init() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options o = bound.options();
    LlamaConfig config = LlamaConfig.read(o.config());
    if (o.dtype().isPresent()) {
      config = config.withDtype(o.dtype().get().dtype);
    }
    if (o.tokenizer().isPresent()) {
      requireSameVocabulary(Tokenizer.load(o.tokenizer().get()), config, o.config());
    }
    NewFolder folder = NewFolder.at(o.outputDir());
    int threads = o.threads().orElse(Runtime.getRuntime().availableProcessors());
    try {
      RandomFolder.write(
          new RandomWeights(config, o.seed(), o.scaledInit()),
          o.outputDir(),
          o.tokenizer(),
          threads);
    } catch (IOException | RuntimeException e) {
      folder.clear();
      throw e;
    }
    console
        .err()
        .printf(
            "%s: %,d random weights, stored as %s%n",
            o.outputDir(), WeightNames.parameters(config), config.dtype());
    return Exit.DONE;
  }

  private static void requireSameVocabulary(Tokenizer tokenizer, LlamaConfig config, Path file)
      throws FormatException {
    if (tokenizer.vocabularySize() > config.vocabSize()) {
      throw new FormatException(
          "%s has %d entries, but %s says vocab_size %d"
              .formatted(tokenizer.file(), tokenizer.vocabularySize(), file, config.vocabSize()));
    }
  }
}
