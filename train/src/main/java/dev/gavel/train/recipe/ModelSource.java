package dev.gavel.train.recipe;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.LoraInit;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.WeightSource;
import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.LoraConfig;
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

/// What a training begins with: a model folder, or a config and random weights; an adapter on it;
/// and its tokenizer.
///
/// @param adapter LoRA's shape, where an adapter is trained on frozen weights
/// @param startAdapter the folder of an adapter to go on with; else it begins anew
/// @param tokenizerFolder where the tokenizer's files lie, to be copied beside what is saved; empty
///   where there are none: rows must be ids then
public record ModelSource(
    StartOptions options,
    LlamaConfig config,
    Optional<LoraConfig> adapter,
    Optional<Path> startAdapter,
    Optional<GenerationConfig> generationConfig,
    Optional<Path> tokenizerFolder,
    Optional<Tokenizer> tokenizer) {

  /// Reads configs and tokenizer; weights come with [#load]. Where the folder's model is a causal
  /// LM and a value is wanted, the head begins with random weights.
  public static ModelSource open(TrainConfig training) throws IOException {
    StartOptions options = training.model();
    Path file = options.initFromConfig().orElse(null);
    Path folder =
        file != null
            ? file.toAbsolutePath().resolveSibling("")
            : options.modelNameOrPath().orElseThrow();
    LlamaConfig config = file != null ? LlamaConfig.read(file) : readConfig(options, folder);
    Architecture head = training.architecture();
    if (head == Architecture.CAUSAL_LM && config.architecture() != head) {
      throw new FormatException(
          "%s: is a %s, expected a %s"
              .formatted(folder, config.architecture().hubName(), head.hubName()));
    }
    Optional<Path> tokenizer = tokenizerFolder(options, folder, file != null);
    Optional<Tokenizer> known =
        tokenizer.isPresent() ? Optional.of(Tokenizer.load(tokenizer.get())) : Optional.empty();
    boolean causal = head == Architecture.CAUSAL_LM;
    LlamaConfig headed = causal ? config : RewardHead.on(config, known, folder, training.head());
    Optional<LoraConfig> given =
        file != null ? Optional.empty() : adapterOf(folder, options.baseModel());
    return new ModelSource(
        options,
        headed,
        adapter(training.lora(), given, headed, options),
        given.map(_ -> folder),
        causal ? ModelFolder.readGenerationConfig(folder) : Optional.empty(),
        tokenizer,
        known);
  }

  private static Optional<Path> tokenizerFolder(StartOptions options, Path folder, boolean init)
      throws IOException {
    if (options.tokenizer().isPresent()) {
      ModelFolder.requireFolder(options.tokenizer().get());
      return options.tokenizer();
    }
    Path own = init ? folder : ModelFolder.tokenizerFolder(folder, options.baseModel());
    boolean has =
        Files.exists(own.resolve("tokenizer.json"))
            || Files.exists(own.resolve("tokenizer.json.gz"));
    return has ? Optional.of(own) : Optional.empty();
  }

  private static LlamaConfig readConfig(StartOptions options, Path folder) throws IOException {
    if (options.baseModel().isEmpty()) {
      return ModelFolder.readConfig(folder);
    }
    try (ModelFolder files = ModelFolder.open(folder, options.baseModel())) {
      return files.config();
    }
  }

  private static Optional<LoraConfig> adapterOf(Path folder, Optional<Path> base)
      throws IOException {
    if (ModelFolder.baseOf(folder, base).isEmpty()) {
      return Optional.empty();
    }
    try (ModelFolder files = ModelFolder.open(folder, base)) {
      return files.adapter().map(AdapterConfig::lora);
    }
  }

  private static Optional<LoraConfig> adapter(
      LoraOptions options, Optional<LoraConfig> given, LlamaConfig config, StartOptions start) {
    if (!options.usePeft()) {
      return given;
    }
    if (given.isPresent()) {
      throw new IllegalArgumentException(
          "--use_peft true: --model_name_or_path is an adapter already; without --use_peft it is"
              + " trained on, after gavel merge a new one can be");
    }
    if (start.initFromConfig().isPresent()) {
      throw new IllegalArgumentException(
          "--use_peft true needs --model_name_or_path: an adapter is loaded on a folder's weights");
    }
    LoraConfig lora = options.adapter().orElseThrow();
    lora.requireFits(config);
    return Optional.of(lora);
  }

  /// @param checkpoint where a run goes on; its weights are taken instead
  public Llama load(Device device, Optional<Path> checkpoint) throws IOException {
    int threads = options.threadCount();
    if (adapter.isPresent()) {
      return loadAdapted(device, adapter.get(), checkpoint.or(() -> startAdapter));
    }
    if (checkpoint.isEmpty() && options.initFromConfig().isPresent()) {
      RandomWeights weights = new RandomWeights(config, options.seed(), options.scaledInit());
      return Llama.trainable(config, device, weights, threads);
    }
    Path folder = checkpoint.orElseGet(() -> options.modelNameOrPath().orElseThrow());
    try (ModelFolder files = ModelFolder.open(folder)) {
      return Llama.trainable(config, device, headed(files), threads);
    }
  }

  /// @param learned the folder of an adapter; empty: a new one
  private Llama loadAdapted(Device device, LoraConfig lora, Optional<Path> learned)
      throws IOException {
    int threads = options.threadCount();
    if (learned.isEmpty()) {
      try (ModelFolder files = ModelFolder.open(base())) {
        WeightSource weights = headed(files);
        LoraInit fresh = new LoraInit(weights, options.seed());
        return Llama.adapted(config, device, weights, lora, fresh, threads);
      }
    }
    try (ModelFolder files = ModelFolder.open(learned.get(), Optional.of(base()))) {
      FolderWeights weights = new FolderWeights(files);
      return Llama.adapted(config, device, weights, lora, weights, threads);
    }
  }

  /// Whether training begins with the frozen weights alone: a new adapter changes nothing.
  boolean isFreshAdapter() {
    return adapter.isPresent() && startAdapter.isEmpty();
  }

  /// The folder of the weights under an adapter.
  Path base() throws IOException {
    Path folder = options.modelNameOrPath().orElseThrow();
    return ModelFolder.baseOf(folder, options.baseModel()).orElse(folder);
  }

  private WeightSource headed(ModelFolder files) {
    WeightSource weights = new FolderWeights(files);
    return files.config().architecture() == config.architecture()
        ? weights
        : RewardHead.onTopOf(weights, config, options.seed());
  }

  /// A reference policy: a folder's model, or the weights that training begins with.
  Llama loadReference(Device device, Optional<Path> given) throws IOException {
    int threads = options.threadCount();
    if (given.isEmpty() && options.initFromConfig().isPresent()) {
      return Llama.frozen(
          config, device, new RandomWeights(config, options.seed(), options.scaledInit()), threads);
    }
    Path folder = given.orElseGet(() -> options.modelNameOrPath().orElseThrow());
    Optional<Path> base = given.isPresent() ? Optional.empty() : options.baseModel();
    try (ModelFolder files = ModelFolder.open(folder, base)) {
      requireComparable(folder, files.config());
      FolderWeights weights = new FolderWeights(files);
      Optional<LoraConfig> lora = files.adapter().map(AdapterConfig::lora);
      return lora.isPresent()
          ? Llama.adapted(files.config(), device, weights, lora.get(), weights, threads)
          : Llama.frozen(files.config(), device, weights, threads);
    }
  }

  private void requireComparable(Path folder, LlamaConfig other) throws FormatException {
    if (other.architecture() != Architecture.CAUSAL_LM || other.vocabSize() != config.vocabSize()) {
      throw new FormatException(
          "%s: is a %s with %d tokens; the reference of this model is a %s with %d"
              .formatted(
                  folder,
                  other.architecture().hubName(),
                  other.vocabSize(),
                  config.architecture().hubName(),
                  config.vocabSize()));
    }
  }

  /// Tells one reference from another.
  String referenceFingerprint(Optional<Path> folder) throws IOException {
    Optional<Path> weights = folder.or(options::modelNameOrPath);
    if (weights.isPresent()) {
      return folder.isPresent()
          ? Fingerprint.ofModel(weights.get())
          : Fingerprint.ofModel(weights.get(), options.baseModel());
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
