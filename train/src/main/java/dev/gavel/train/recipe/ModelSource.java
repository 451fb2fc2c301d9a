package dev.gavel.train.recipe;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.WeightSource;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.model.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What a training begins with: a model folder, or a config and random weights; and its tokenizer.
///
/// @param tokenizerFolder where the tokenizer's files lie, to be copied beside what is saved; empty
///   where there are none: rows must be ids then
public record ModelSource(
    StartOptions options,
    LlamaConfig config,
    Optional<GenerationConfig> generationConfig,
    Optional<Path> tokenizerFolder,
    Optional<Tokenizer> tokenizer) {

  static ModelSource open(TrainConfig config) throws IOException {
    return open(config.model(), config.architecture(), config.head());
  }

  /// Reads configs and tokenizer; weights come with [#load].
  ///
  /// @param head what the trained model shall have; where the folder's model is a causal LM and a
  ///   value is wanted, the head begins with random weights
  /// @param mark what `gavel_head` shall say; empty: nothing
  static ModelSource open(StartOptions options, Architecture head, String mark) throws IOException {
    LlamaConfig config;
    Path folder;
    if (options.initFromConfig().isPresent()) {
      Path file = options.initFromConfig().get();
      config = LlamaConfig.read(file);
      folder = file.toAbsolutePath().resolveSibling("");
    } else {
      folder = options.modelNameOrPath().orElseThrow();
      config = ModelFolder.readConfig(folder);
    }
    if (head == Architecture.CAUSAL_LM && config.architecture() != head) {
      throw new FormatException(
          "%s: is a %s, expected a %s"
              .formatted(folder, config.architecture().hubName(), head.hubName()));
    }
    Optional<Path> tokenizer = options.tokenizer();
    if (tokenizer.isPresent()) {
      ModelFolder.requireFolder(tokenizer.get());
    } else if (Files.exists(folder.resolve("tokenizer.json"))
        || Files.exists(folder.resolve("tokenizer.json.gz"))) {
      tokenizer = Optional.of(folder);
    }
    Optional<Tokenizer> known =
        tokenizer.isPresent() ? Optional.of(Tokenizer.load(tokenizer.get())) : Optional.empty();
    return new ModelSource(
        options,
        head == Architecture.CAUSAL_LM ? config : RewardHead.on(config, known, folder, mark),
        head == Architecture.CAUSAL_LM
            ? ModelFolder.readGenerationConfig(folder)
            : Optional.empty(),
        tokenizer,
        known);
  }

  /// @param checkpoint where a run goes on; its weights are taken instead
  Llama load(Device device, Optional<Path> checkpoint) throws IOException {
    int threads = options.threadCount();
    if (checkpoint.isEmpty() && options.initFromConfig().isPresent()) {
      RandomWeights weights = new RandomWeights(config, options.seed(), options.scaledInit());
      return Llama.trainable(config, device, weights, threads);
    }
    Path folder = checkpoint.orElseGet(() -> options.modelNameOrPath().orElseThrow());
    try (ModelFolder files = ModelFolder.open(folder)) {
      WeightSource weights = new FolderWeights(files);
      return Llama.trainable(
          config,
          device,
          files.config().architecture() == config.architecture()
              ? weights
              : RewardHead.onTopOf(weights, config, options.seed()),
          threads);
    }
  }

  /// A reference policy: a folder's model, or the weights that training begins with.
  Llama loadReference(Device device, Optional<Path> folder) throws IOException {
    if (folder.isEmpty()) {
      return load(device, Optional.empty());
    }
    try (ModelFolder files = ModelFolder.open(folder.get())) {
      if (files.config().architecture() != Architecture.CAUSAL_LM
          || files.config().vocabSize() != config.vocabSize()) {
        throw new FormatException(
            "%s: is a %s with %d tokens; the reference of this model is a %s with %d"
                .formatted(
                    folder.get(),
                    files.config().architecture().hubName(),
                    files.config().vocabSize(),
                    config.architecture().hubName(),
                    config.vocabSize()));
      }
      return Llama.trainable(
          files.config(), device, new FolderWeights(files), options.threadCount());
    }
  }

  /// Tells one reference from another.
  String referenceFingerprint(Optional<Path> folder) throws IOException {
    Optional<Path> weights = folder.or(options::modelNameOrPath);
    if (weights.isPresent()) {
      return Fingerprint.ofModel(weights.get());
    }
    String init = Fingerprint.ofFiles(List.of(options.initFromConfig().orElseThrow()));
    return "%s seed %d scaled %s".formatted(init, options.seed(), options.scaledInit());
  }

  Tokenizer requireTokenizer() throws FormatException {
    return tokenizer.orElseThrow(
        () -> new FormatException("conversations need a tokenizer; give --tokenizer DIR"));
  }

  Chat chat() throws FormatException {
    Optional<ChatTemplate> named = options.chatTemplate().flatMap(ChatTemplate::byId);
    Tokenizer known = requireTokenizer();
    return named.isPresent() ? known.chat(named.get()) : known.chat();
  }

  /// How it was named.
  String name() {
    return options
        .modelNameOrPath()
        .map(Path::toString)
        .orElseGet(() -> options.initFromConfig().orElseThrow() + " (random weights)");
  }
}
