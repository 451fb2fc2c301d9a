package dev.gavel.train.model;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A model at rest with its device, tokenizer and templates: what judging and generation start
/// from.
public final class LoadedModel implements AutoCloseable {
  private final ModelOptions options;
  private final Device device;
  private final Llama llama;
  private final Tokenizer tokenizer;
  private final Optional<GenerationConfig> generationConfig;
  private final Set<Integer> stopIds;
  private @Nullable Chat chat;

  private LoadedModel(ModelOptions options, ModelFolder folder, Device device) throws IOException {
    this.options = options;
    this.device = device;
    tokenizer = Tokenizer.load(options.modelNameOrPath());
    requireSameVocabulary(folder.config());
    llama = Llama.atRest(folder.config(), device, new FolderWeights(folder), options.threadCount());
    generationConfig = folder.generationConfig();
    stopIds = Set.copyOf(folder.eosTokenIds());
  }

  /// Opens the folder, the device, and reads the weights.
  ///
  /// @throws FormatException for a folder that is not one of a Llama causal LM
  public static LoadedModel open(ModelOptions options) throws IOException {
    try (ModelFolder folder = ModelFolder.open(options.modelNameOrPath())) {
      if (folder.config().architecture() != Architecture.CAUSAL_LM) {
        throw new FormatException(
            "%s: the architecture is %s; generation needs LlamaForCausalLM"
                .formatted(options.modelNameOrPath(), folder.config().architecture().hubName()));
      }
      Device device = Devices.open(options.device(), options.arithmetic(), options.threadCount());
      try {
        return new LoadedModel(options, folder, device);
      } catch (IOException | RuntimeException e) {
        device.close();
        throw e;
      }
    }
  }

  private void requireSameVocabulary(LlamaConfig config) throws FormatException {
    if (tokenizer.vocabularySize() > config.vocabSize()) {
      throw new FormatException(
          "%s has %d entries, but config.json says vocab_size %d; they belong to different models"
              .formatted(tokenizer.file(), tokenizer.vocabularySize(), config.vocabSize()));
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

  public Tokenizer tokenizer() {
    return tokenizer;
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
      chat = asked.isPresent() ? tokenizer.chat(asked.get()) : tokenizer.chat();
    }
    return chat;
  }

  /// A conversation as the model reads it before it answers.
  public int[] promptIds(List<Message> messages) throws FormatException {
    return chat().encode(messages, new ChatOptions(true, options.dateString())).ids();
  }

  @Override
  public void close() {
    llama.close();
    device.close();
  }
}
