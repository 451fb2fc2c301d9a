package dev.gavel.llama.hub;

import static dev.gavel.tensor.io.SafetensorsShards.INDEX;
import static dev.gavel.tensor.io.SafetensorsShards.SINGLE;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// The safetensors files of a folder, opened, and consistent with their index.
///
/// @param totalSize what the index says of the bytes of all tensors
record WeightFiles(List<SafetensorsFile> files, OptionalLong totalSize) implements AutoCloseable {

  /// Opens `model.safetensors`, or the shards of `model.safetensors.index.json`; the single file
  /// wins where there are both, as it does for transformers.
  static WeightFiles open(Path dir) throws IOException {
    if (Files.exists(dir.resolve(SINGLE))) {
      return new WeightFiles(
          List.of(SafetensorsFile.open(dir.resolve(SINGLE))), OptionalLong.empty());
    }
    Path index = dir.resolve(INDEX);
    if (!Files.exists(index)) {
      throw new FormatException(dir + ": holds neither " + SINGLE + " nor " + INDEX + hint(dir));
    }
    return openShards(dir, index);
  }

  private static String hint(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      List<String> names = files.map(f -> f.getFileName().toString()).sorted().toList();
      if (names.stream().anyMatch(n -> n.startsWith("model-") && n.endsWith(".safetensors"))) {
        return "; there are shards without their index: the download or the save is incomplete";
      }
      return names.stream()
          .filter(n -> n.endsWith(".bin") || n.endsWith(".pth") || n.endsWith(".gguf"))
          .findFirst()
          .map(n -> "; " + n + " is of another format: save the model as safetensors")
          .orElse("");
    }
  }

  private static WeightFiles openShards(Path dir, Path index) throws IOException {
    Fields root = Fields.of(Json.read(index), index.toString());
    Map<String, Set<String>> tensorsOf = weightMap(root);
    List<String> missing = new ArrayList<>();
    tensorsOf.forEach((file, tensors) -> {
      if (!Files.isRegularFile(dir.resolve(file))) {
        missing.add(file + " (" + tensors.size() + " tensors)");
      }
    });
    if (!missing.isEmpty()) {
      throw new FormatException(
          "%s: missing shard %s; the download is incomplete".formatted(index, Names.list(missing)));
    }
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      for (String file : tensorsOf.keySet()) {
        files.add(SafetensorsFile.open(dir.resolve(file)));
      }
      checkMap(index, files, tensorsOf);
    } catch (IOException | RuntimeException | Error e) {
      closeAll(files);
      throw e;
    }
    return new WeightFiles(List.copyOf(files), totalSize(root));
  }

  /// File → its tensors, files in the order of their names.
  private static Map<String, Set<String>> weightMap(Fields root) throws FormatException {
    Fields map = root.object("weight_map");
    if (map == null || map.node().isEmpty()) {
      throw new FormatException(root.where() + "weight_map is missing or empty");
    }
    Map<String, Set<String>> tensorsOf = new TreeMap<>();
    for (String tensor : map.node().propertyNames()) {
      String file = map.string(tensor);
      if (file == null || !isPlain(file)) {
        throw map.error(tensor, "expected the plain name of a file in the same folder");
      }
      tensorsOf.computeIfAbsent(file, _ -> new LinkedHashSet<>()).add(tensor);
    }
    return tensorsOf;
  }

  /// Whether a name stays in its folder, on every system.
  private static boolean isPlain(String file) {
    return !file.isEmpty()
        && !file.equals(".")
        && !file.equals("..")
        && file.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < 32);
  }

  private static void checkMap(
      Path index, List<SafetensorsFile> files, Map<String, Set<String>> tensorsOf)
      throws FormatException {
    Map<String, SafetensorsFile> holder = new LinkedHashMap<>();
    for (SafetensorsFile file : files) {
      for (TensorInfo t : file.tensors()) {
        SafetensorsFile other = holder.put(t.name(), file);
        if (other != null) {
          throw new FormatException(
              "%s: tensor '%s' is in %s too"
                  .formatted(file.path(), t.name(), other.path().getFileName()));
        }
      }
    }
    for (SafetensorsFile file : files) {
      String name = file.path().getFileName().toString();
      Set<String> mapped = tensorsOf.getOrDefault(name, Set.of());
      List<String> absent = mapped.stream().filter(t -> !file.has(t)).toList();
      if (!absent.isEmpty()) {
        throw new FormatException(
            "%s: says that %s holds %s, but it does not"
                .formatted(index, name, Names.list(absent)));
      }
      List<String> unmapped =
          file.tensors().stream().map(TensorInfo::name).filter(t -> !mapped.contains(t)).toList();
      if (!unmapped.isEmpty()) {
        throw new FormatException(
            "%s: holds %s, which %s does not name"
                .formatted(file.path(), Names.list(unmapped), index.getFileName()));
      }
    }
  }

  /// Some exports write the number with a fraction of zero.
  private static OptionalLong totalSize(Fields root) throws FormatException {
    Fields metadata = root.object("metadata");
    JsonNode size = metadata == null ? null : metadata.get("total_size");
    if (metadata == null || size == null) {
      return OptionalLong.empty();
    }
    if (!size.isNumber() || !size.canConvertToExactIntegral() || !size.canConvertToLong()) {
      throw metadata.error("total_size", "expected a number of bytes");
    }
    return OptionalLong.of(size.asLong());
  }

  private static void closeAll(List<SafetensorsFile> files) throws IOException {
    for (SafetensorsFile file : files) {
      file.close();
    }
  }

  @Override
  public void close() throws IOException {
    closeAll(files);
  }
}
