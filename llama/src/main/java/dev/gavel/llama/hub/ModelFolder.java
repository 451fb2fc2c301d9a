package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.MappedTensor;
import dev.gavel.tensor.io.NonFinite;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsShards;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A Hugging Face model folder, opened and checked: the config is one this build knows, every
/// tensor it needs is there once, in its shape, and none that it does not know.
///
/// An adapter folder ([AdapterConfig]) is one too: its base is found and opened with it, and the
/// tensors of both are here, the adapter's under their own names.
///
/// Values are not looked at: whoever loads them calls [#requireFinite]. All reading is safe from
/// any number of threads until [#close].
public final class ModelFolder implements AutoCloseable {
  /// What a model folder holds its configuration in.
  public static final String CONFIG = "config.json";

  private final Path path;
  private final LlamaConfig config;
  private final Optional<GenerationConfig> generationConfig;
  private final WeightFiles weights;
  private final @Nullable AdapterFolder adapter;
  private final Map<String, StoredTensor> tensors = new HashMap<>();

  /// Where a tensor lies.
  public record StoredTensor(SafetensorsFile file, TensorInfo info) {
    public SafetensorsDType dtype() {
      return info.dtype();
    }

    /// Copies stored bytes, from byte `offset` of the tensor on, without mapping a page.
    public void read(long offset, MemorySegment into) throws IOException {
      file.read(info, offset, into);
    }

    /// The tensor mapped for itself; see [SafetensorsFile#map].
    public MappedTensor map() throws IOException {
      return file.map(info);
    }

    /// A view of the mapped file.
    public MemorySegment bytes() {
      return file.bytes(info.name());
    }
  }

  private ModelFolder(
      Path path,
      LlamaConfig config,
      Optional<GenerationConfig> generationConfig,
      WeightFiles weights,
      @Nullable AdapterFolder adapter) {
    this.path = path;
    this.config = config;
    this.generationConfig = generationConfig;
    this.weights = weights;
    this.adapter = adapter;
    for (SafetensorsFile file : files()) {
      for (TensorInfo t : file.tensors()) {
        tensors.put(t.name(), new StoredTensor(file, t));
      }
    }
  }

  /// Opens a folder; that of an adapter with the base that it names.
  ///
  /// @throws FormatException naming file, key or tensor; for a Hub name instead of a folder, with
  ///   the command that downloads it
  public static ModelFolder open(Path dir) throws IOException {
    return open(dir, Optional.empty());
  }

  /// Likewise.
  ///
  /// @param base of an adapter, instead of the one that it names; refused for another folder
  public static ModelFolder open(Path dir, Optional<Path> base) throws IOException {
    Optional<Path> found = baseOf(dir, base);
    AdapterFolder adapter = found.isPresent() ? AdapterFolder.open(dir, found.get()) : null;
    try {
      return open(dir, adapter);
    } catch (IOException | RuntimeException | Error e) {
      if (adapter != null) {
        adapter.close();
      }
      throw e;
    }
  }

  private static ModelFolder open(Path dir, @Nullable AdapterFolder adapter) throws IOException {
    LlamaConfig config = adapter == null ? readConfig(dir) : adapter.model();
    Optional<GenerationConfig> generation = readGenerationConfig(dir);
    if (generation.isEmpty() && adapter != null) {
      generation = readGenerationConfig(adapter.base());
    }
    WeightFiles weights = WeightFiles.open(adapter == null ? dir : adapter.base());
    try {
      ModelFolder folder = new ModelFolder(dir, config, generation, weights, adapter);
      new WeightCheck(folder).run(weights.totalSize());
      return folder;
    } catch (IOException | RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  /// The folder of an adapter's base; empty for the folder of a whole model.
  ///
  /// @param given instead of the one that the adapter names
  public static Optional<Path> baseOf(Path dir, Optional<Path> given) throws IOException {
    requireFolder(dir);
    if (AdapterFolder.is(dir)) {
      return Optional.of(AdapterFolder.base(dir, given));
    }
    if (given.isPresent()) {
      throw new FormatException(
          "%s: is no adapter folder (it has no %s), so it takes no --base_model"
              .formatted(dir, AdapterConfig.FILE));
    }
    return Optional.empty();
  }

  /// The folder whose tokenizer a model has: its own, or an adapter's base where the adapter's
  /// folder has none.
  public static Path tokenizerFolder(Path dir, Optional<Path> base) throws IOException {
    return TokenizerFiles.isIn(dir) ? dir : baseOf(dir, base).orElse(dir);
  }

  /// Reads only the config of a folder; of an adapter that of the model which it makes.
  public static LlamaConfig readConfig(Path dir) throws IOException {
    Optional<Path> base = baseOf(dir, Optional.empty());
    if (base.isPresent()) {
      try (AdapterFolder adapter = AdapterFolder.open(dir, base.get())) {
        return adapter.model();
      }
    }
    Path file = dir.resolve(CONFIG);
    if (!Files.exists(file)) {
      throw new FormatException(dir + ": holds no " + CONFIG + ", so it is no model folder");
    }
    return LlamaConfig.read(file);
  }

  /// Reads only the generation config of a folder; empty if it has none itself.
  public static Optional<GenerationConfig> readGenerationConfig(Path dir) throws IOException {
    Path file = dir.resolve(GenerationConfig.FILE);
    return Files.exists(file) ? Optional.of(GenerationConfig.read(file)) : Optional.empty();
  }

  /// @throws FormatException if `dir` is no folder; if it looks like a model's name on the Hub,
  ///   with the command that downloads it
  public static void requireFolder(Path dir) throws FormatException {
    HubNames.requireFolder(dir);
  }

  public Path path() {
    return path;
  }

  /// The folder of the base's weights; for the folder of a whole model itself.
  Path basePath() {
    return adapter == null ? path : adapter.base();
  }

  /// The folder of the model's tokenizer, if it has one: its own, else an adapter's base's.
  public Path tokenizerFolder() {
    return TokenizerFiles.isIn(path) ? path : basePath();
  }

  /// The adapter's config, if this is an adapter's folder.
  public Optional<AdapterConfig> adapter() {
    return adapter == null ? Optional.empty() : Optional.of(adapter.config());
  }

  /// Whether the adapter brings a head that the base's own config does not have.
  boolean hasHeadOfAdapter() {
    return adapter != null && adapter.bringsHead();
  }

  public LlamaConfig config() {
    return config;
  }

  public Optional<GenerationConfig> generationConfig() {
    return generationConfig;
  }

  /// Ids that end a text: the generation config's, else the config's.
  public List<Integer> eosTokenIds() {
    return generationConfig
        .map(GenerationConfig::eosTokenIds)
        .filter(ids -> !ids.isEmpty())
        .orElse(config.eosTokenIds());
  }

  /// The safetensors files, by name; an adapter's after its base's.
  public List<SafetensorsFile> files() {
    List<SafetensorsFile> all = new ArrayList<>(weights.files());
    if (adapter != null) {
      all.add(adapter.file());
    }
    return all;
  }

  List<SafetensorsFile> baseFiles() {
    return weights.files();
  }

  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /// @throws IllegalArgumentException if there is no such tensor
  public StoredTensor tensor(String name) {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException(path + ": holds no tensor '" + name + "'");
    }
    return tensor;
  }

  /// Bytes of all tensors.
  public long weightBytes() {
    return files().stream().mapToLong(SafetensorsFile::dataBytes).sum();
  }

  /// Elements of all tensors.
  public long parameters() {
    return tensors.values().stream().mapToLong(t -> t.info().elements()).sum();
  }

  /// Refuses NaN and infinities among stored values.
  ///
  /// @param offset byte of the tensor where `stored` begins
  /// @throws FormatException naming file, tensor and element
  public void requireFinite(String name, long offset, MemorySegment stored) throws FormatException {
    StoredTensor tensor = tensor(name);
    long found = NonFinite.first(tensor.dtype(), stored);
    if (found >= 0) {
      throw new FormatException(
          "%s: tensor '%s' holds NaN or infinity at element %d; the weights are broken"
              .formatted(tensor.file().path(), name, offset / tensor.dtype().bytes() + found));
    }
  }

  /// Writes a folder that transformers and [#open] read: tokenizer files, configs, then the
  /// weights. No file is ever half-written; what an older model left in the way is removed last.
  ///
  /// @param tensors those of [WeightNames#of], asked for their bytes one after the other
  /// @param tokenizerFrom the folder whose tokenizer files are copied
  /// @throws IllegalArgumentException if tensors and config do not agree; nothing is written then
  public static void save(
      Path dir,
      LlamaConfig config,
      Optional<GenerationConfig> generationConfig,
      List<TensorSource> tensors,
      Optional<Path> tokenizerFrom)
      throws IOException {
    save(
        dir,
        config,
        generationConfig,
        tensors,
        tokenizerFrom,
        SafetensorsShards.DEFAULT_MAX_SHARD_BYTES);
  }

  /// Likewise, with at most `maxShardBytes` bytes of tensors in a file.
  public static void save(
      Path dir,
      LlamaConfig config,
      Optional<GenerationConfig> generationConfig,
      List<TensorSource> tensors,
      Optional<Path> tokenizerFrom,
      long maxShardBytes)
      throws IOException {
    Map<String, TensorSource> byName = new LinkedHashMap<>();
    for (TensorSource t : tensors) {
      byName.put(t.name(), t);
    }
    WeightCheck.requireShapes(config, byName);
    Files.createDirectories(dir);
    if (tokenizerFrom.isPresent()) {
      TokenizerFiles.copy(tokenizerFrom.get(), dir);
    }
    if (generationConfig.isPresent()) {
      generationConfig.get().write(dir.resolve(GenerationConfig.FILE));
    }
    config.write(dir.resolve(CONFIG));
    SafetensorsShards.write(dir, tensors, maxShardBytes);
  }

  /// Unmaps and closes all files.
  @Override
  public void close() throws IOException {
    weights.close();
    if (adapter != null) {
      adapter.close();
    }
  }
}
