package dev.gavel.tensor.io;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/// The weights of a model folder: `model.safetensors`, or `model-0000k-of-0000n.safetensors` with
/// `model.safetensors.index.json`, in Hugging Face's names.
public final class SafetensorsShards {
  public static final String SINGLE = "model.safetensors";
  public static final String INDEX = "model.safetensors.index.json";

  /// Bytes of tensors in a shard that transformers has as its default.
  public static final long DEFAULT_MAX_SHARD_BYTES = 5_000_000_000L;

  private static final Pattern SHARD = Pattern.compile("model-\\d{5}-of-\\d{5}\\.safetensors");

  private SafetensorsShards() {}

  /// Writes the weights into `dir`. Shards are filled in the given order; a tensor larger than a
  /// shard gets one of its own; if one shard is enough there is no index.
  ///
  /// Everything is first written under temporary names: whatever fails until then leaves an older
  /// model as it was. Then files are renamed, the index comes last, and shards of an older model
  /// that the new one does not have are removed. Where new shards take the names of old ones the
  /// old index goes first, so that a crash in between leaves a folder that says it is incomplete,
  /// never one of mixed weights.
  ///
  /// @param maxShardBytes most bytes of tensors in one file
  public static void write(Path dir, List<TensorSource> tensors, long maxShardBytes)
      throws IOException {
    List<List<TensorSource>> shards = split(tensors, maxShardBytes);
    Files.createDirectories(dir);
    AtomicFiles.removeLeftovers(dir, SafetensorsShards::isOurs);
    SafetensorsWriter.checkSpace(dir.resolve(SINGLE), SafetensorsWriter.bytes(tensors));
    if (shards.size() == 1) {
      SafetensorsWriter.write(dir.resolve(SINGLE), tensors);
      Files.deleteIfExists(dir.resolve(INDEX));
      removeShardsExcept(dir, List.of());
      return;
    }
    List<String> names = new ArrayList<>();
    for (int i = 1; i <= shards.size(); i++) {
      names.add("model-%05d-of-%05d.safetensors".formatted(i, shards.size()));
    }
    List<AtomicFiles.Staged> staged = new ArrayList<>();
    try {
      for (int i = 0; i < shards.size(); i++) {
        staged.add(
            SafetensorsWriter.stage(
                dir.resolve(names.get(i)), shards.get(i), SafetensorsWriter.PYTORCH));
      }
      String index = Json.writePretty(index(shards, names));
      if (names.stream().anyMatch(n -> Files.exists(dir.resolve(n)))) {
        Files.deleteIfExists(dir.resolve(INDEX));
      }
      for (AtomicFiles.Staged s : staged) {
        s.commit();
      }
      AtomicFiles.writeString(dir.resolve(INDEX), index);
    } finally {
      for (AtomicFiles.Staged s : staged) {
        s.close();
      }
    }
    Files.deleteIfExists(dir.resolve(SINGLE));
    removeShardsExcept(dir, names);
  }

  private static List<List<TensorSource>> split(List<TensorSource> tensors, long max) {
    if (max <= 0) {
      throw new IllegalArgumentException(
          "shards of at most " + max + " bytes, expected more than 0");
    }
    List<List<TensorSource>> shards = new ArrayList<>();
    List<TensorSource> current = new ArrayList<>();
    long bytes = 0;
    for (TensorSource t : tensors) {
      if (!current.isEmpty() && bytes + t.byteSize() > max) {
        shards.add(current);
        current = new ArrayList<>();
        bytes = 0;
      }
      current.add(t);
      bytes += t.byteSize();
    }
    shards.add(current);
    return shards;
  }

  private static ObjectNode index(List<List<TensorSource>> shards, List<String> names) {
    Map<String, String> fileOf = new TreeMap<>();
    long parameters = 0;
    long bytes = 0;
    for (int i = 0; i < shards.size(); i++) {
      for (TensorSource t : shards.get(i)) {
        fileOf.put(t.name(), names.get(i));
        parameters += t.shape().size();
        bytes += t.byteSize();
      }
    }
    ObjectNode root = Json.mapper().createObjectNode();
    root.putObject("metadata").put("total_parameters", parameters).put("total_size", bytes);
    ObjectNode map = root.putObject("weight_map");
    fileOf.forEach(map::put);
    return root;
  }

  private static boolean isOurs(String name) {
    return name.equals(SINGLE) || name.equals(INDEX) || SHARD.matcher(name).matches();
  }

  private static void removeShardsExcept(Path dir, List<String> keep) throws IOException {
    List<Path> stale = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(dir)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (SHARD.matcher(name).matches() && !keep.contains(name)) {
          stale.add(file);
        }
      }
    }
    for (Path file : stale) {
      Files.delete(file);
    }
  }
}
