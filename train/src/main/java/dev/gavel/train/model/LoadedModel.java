package dev.gavel.train.model;

import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.hub.TokenizerFiles;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/// A model at rest with its device, tokenizer and templates: what judging and generation start
/// from.
public final class LoadedModel implements AutoCloseable {
  private final ModelOptions options;
  private final Device device;
  private final Llama llama;
  private final Optional<Tokenizer> tokenizer;
  private final Optional<GenerationConfig> generationConfig;
  private final Set<Integer> stopIds;
  private @Nullable Chat chat;

  private LoadedModel(
      ModelOptions options, ModelFolder folder, Device device, boolean needsTokenizer)
      throws IOException {
    this.options = options;
    this.device = device;
    generationConfig = folder.generationConfig();
    stopIds = Set.copyOf(folder.eosTokenIds());
    FutureTask<Optional<Tokenizer>> reading =
        new FutureTask<>(() -> tokenizer(folder.tokenizerFolder(), needsTokenizer));
    Thread.ofPlatform().daemon().name("gavel tokenizer").start(reading);
    llama = Llama.atRest(folder, device, options.threadCount());
    try {
      tokenizer = get(reading);
      requireSameVocabulary(folder.config());
    } catch (IOException | RuntimeException e) {
      llama.close();
      throw e;
    }
  }

  /// Opens the folder, the device, and reads the weights.
  ///
  /// @throws FormatException for a folder that is not one of a Llama causal LM, or has no tokenizer
  /// @throws IllegalStateException when the weights do not fit into the memory that is free
  public static LoadedModel open(ModelOptions options) throws IOException {
    return open(options, true);
  }

  /// Likewise, with another head.
  public static LoadedModel open(ModelOptions options, Architecture head) throws IOException {
    return open(options, head, true);
  }

  /// Likewise; a folder without a tokenizer will do unless `needsTokenizer`.
  public static LoadedModel open(ModelOptions options, boolean needsTokenizer) throws IOException {
    return open(options, Architecture.CAUSAL_LM, needsTokenizer);
  }

  private static LoadedModel open(ModelOptions options, Architecture head, boolean needsTokenizer)
      throws IOException {
    try (ModelFolder folder = ModelFolder.open(options.modelNameOrPath(), options.baseModel())) {
      if (folder.config().architecture() != head) {
        throw new FormatException(
            "%s: the architecture is %s; %s needs %s"
                .formatted(
                    options.modelNameOrPath(),
                    folder.config().architecture().hubName(),
                    head == Architecture.CAUSAL_LM ? "generation" : "a judge that gives values",
                    head.hubName()));
      }
      if (needsTokenizer && !TokenizerFiles.isIn(folder.tokenizerFolder())) {
        Tokenizer.load(folder.tokenizerFolder()); // says what is missing, before the weights
      }
      Devices.Choice choice = options.choose();
      requireMemory(options.modelNameOrPath(), folder.weightBytes(), choice);
      Device device = choice.open(options.threadCount());
      try {
        return new LoadedModel(options, folder, device, needsTokenizer);
      } catch (IOException | RuntimeException e) {
        device.close();
        throw e;
      }
    }
  }

  private static Optional<Tokenizer> tokenizer(Path folder, boolean needed) throws IOException {
    return needed || TokenizerFiles.isIn(folder)
        ? Optional.of(Tokenizer.load(folder))
        : Optional.empty();
  }

  private static void requireMemory(Path folder, long bytes, Devices.Choice choice) {
    OptionalLong free = SystemMemory.freeFor(choice);
    if (free.isPresent() && bytes > free.getAsLong()) {
      throw new IllegalStateException(
          "%s: the weights need %s of memory, %s are free%s: end other programs, or take a smaller model"
              .formatted(
                  folder,
                  SystemMemory.gigabytes(bytes),
                  SystemMemory.gigabytes(free.getAsLong()),
                  choice.freeMemory().isPresent() ? " on the device" : ""));
    }
  }

  private static <T> T get(Future<T> reading) throws IOException {
    try {
      return reading.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while reading the tokenizer", e);
    }
  }

  private void requireSameVocabulary(LlamaConfig config) throws FormatException {
    if (tokenizer.isPresent() && tokenizer.get().vocabularySize() > config.vocabSize()) {
      throw new FormatException(
          "%s has %d entries, but config.json says vocab_size %d; they belong to different models"
              .formatted(
                  tokenizer.get().file(), tokenizer.get().vocabularySize(), config.vocabSize()));
    }
  }

  public ModelOptions options() {
    return options;
  }

  public Device device() {
    return device;
  }

  public Llama llama() {
    return llama;
  }

  /// @throws IllegalArgumentException if the folder has none
  public Tokenizer tokenizer() {
    return tokenizer.orElseThrow(() ->
        new IllegalArgumentException(
            options.modelNameOrPath()
                + ": holds neither tokenizer.json nor tokenizer.json.gz; without one only ids can be read"));
  }

  public Optional<GenerationConfig> generationConfig() {
    return generationConfig;
  }

  /// Ids at which the model ends a text: generation_config's, else the config's.
  public Set<Integer> stopIds() {
    return stopIds;
  }

  /// The chat template: the one asked for, else the folder's own.
  ///
  /// @throws FormatException if the folder has none that is known
  public Chat chat() throws FormatException {
    if (chat == null) {
      Optional<ChatTemplate> asked = options.chatTemplate().flatMap(ChatTemplate::byId);
      chat = asked.isPresent() ? tokenizer().chat(asked.get()) : tokenizer().chat();
    }
    return chat;
  }

  /// A conversation as the model reads it before it answers.
  public int[] promptIds(List<Message> messages) throws FormatException {
    return promptIds(messages, options.dateString());
  }

  /// Likewise, with what the template prints as today's date.
  public int[] promptIds(List<Message> messages, String date) throws FormatException {
    return chat().encode(messages, new ChatOptions(true, date)).ids();
  }

  @Override
  public void close() {
    llama.close();
    device.close();
  }
}
