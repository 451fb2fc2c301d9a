package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// A Hugging Face model folder, opened and checked: the config is one this build knows, every
/// tensor it needs is there once, in its shape, and none that it does not know.
///
/// Values are not looked at: whoever loads them calls [#requireFinite]. All reading is safe from
/// any number of threads until [#close].
public final class ModelFolder implements AutoCloseable {
  /// What a model folder holds its configuration in.
  public static final String CONFIG = "config.json";

  private static final Pattern HUB_NAME =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/([A-Za-z0-9][\\w.-]*)");

  private final Path path;
  private final LlamaConfig config;
  private final Optional<GenerationConfig> generationConfig;
  private final WeightFiles weights;
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

    /// A view of the mapped file.
    public MemorySegment bytes() {
      return file.bytes(info.name());
    }
  }

  private ModelFolder(
      Path path,
      LlamaConfig config,
      Optional<GenerationConfig> generationConfig,
      WeightFiles weights) {
    this.path = path;
    this.config = config;
    this.generationConfig = generationConfig;
    this.weights = weights;
    for (SafetensorsFile file : weights.files()) {
      for (TensorInfo t : file.tensors()) {
        tensors.put(t.name(), new StoredTensor(file, t));
      }
    }
  }

  /// Opens a folder.
  ///
  /// @throws FormatException naming file, key or tensor; for a Hub name instead of a folder, with
  ///   the command that downloads it
  public static ModelFolder open(Path dir) throws IOException {
    LlamaConfig config = readConfig(dir);
    Optional<GenerationConfig> generation = readGenerationConfig(dir);
    WeightFiles weights = WeightFiles.open(dir);
    try {
      ModelFolder folder = new ModelFolder(dir, config, generation, weights);
      new WeightCheck(folder).run(weights.totalSize());
      return folder;
    } catch (IOException | RuntimeException | Error e) {
      weights.close();
      throw e;
    }
  }

  /// Reads only the config of a folder.
  public static LlamaConfig readConfig(Path dir) throws IOException {
    requireFolder(dir);
    Path file = dir.resolve(CONFIG);
    if (!Files.exists(file)) {
      String hint =
          Files.exists(dir.resolve("adapter_config.json"))
              ? "; it is an adapter folder, which needs its base model"
              : "";
      throw new FormatException(dir + ": holds no " + CONFIG + ", so it is no model folder" + hint);
    }
    return LlamaConfig.read(file);
  }

  /// Reads only the generation config of a folder; empty if it has none.
  public static Optional<GenerationConfig> readGenerationConfig(Path dir) throws IOException {
    Path file = dir.resolve(GenerationConfig.FILE);
    return Files.exists(file) ? Optional.of(GenerationConfig.read(file)) : Optional.empty();
  }

  /// @throws FormatException if `dir` is no folder; if it looks like a model's name on the Hub,
  ///   with the command that downloads it
  public static void requireFolder(Path dir) throws FormatException {
    if (Files.isDirectory(dir)) {
      return;
    }
    if (Files.exists(dir)) {
      throw new FormatException(dir + ": a file, expected a model folder");
    }
    var hub = HUB_NAME.matcher(dir.toString().replace('\\', '/'));
    if (hub.matches()) {
      throw new FormatException(
          "%s: no such folder; if it is a model's name on the Hub, download it and pass the folder: hf download %s --local-dir %s"
              .formatted(dir, hub.group(), hub.group(1)));
    }
    throw new FormatException(dir + ": no such file or folder");
  }

  public Path path() {
    return path;
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

  /// The safetensors files, by name.
  public List<SafetensorsFile> files() {
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
    return weights.files().stream().mapToLong(SafetensorsFile::dataBytes).sum();
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
  }
}
