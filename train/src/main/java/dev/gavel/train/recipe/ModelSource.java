package dev.gavel.train.recipe;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  /// Reads configs and tokenizer; weights come with [#load].
  static ModelSource open(StartOptions options) throws IOException {
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
    if (config.architecture() != Architecture.CAUSAL_LM) {
      throw new FormatException(
          "%s: is a %s, expected a LlamaForCausalLM"
              .formatted(folder, config.architecture().hubName()));
    }
    Optional<Path> tokenizer = options.tokenizer();
    if (tokenizer.isPresent()) {
      ModelFolder.requireFolder(tokenizer.get());
    } else if (Files.exists(folder.resolve("tokenizer.json"))
        || Files.exists(folder.resolve("tokenizer.json.gz"))) {
      tokenizer = Optional.of(folder);
    }
    return new ModelSource(
        options,
        config,
        ModelFolder.readGenerationConfig(folder),
        tokenizer,
        tokenizer.isPresent() ? Optional.of(Tokenizer.load(tokenizer.get())) : Optional.empty());
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
      return Llama.trainable(files.config(), device, new FolderWeights(files), threads);
    }
  }

  Chat chat() throws FormatException {
    Optional<ChatTemplate> named = options.chatTemplate().flatMap(ChatTemplate::byId);
    Tokenizer known =
        tokenizer.orElseThrow(
            () -> new FormatException("conversations need a tokenizer; give --tokenizer DIR"));
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
