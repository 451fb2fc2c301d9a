package dev.gavel.tensor.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes safetensors files byte for byte as the reference writer does: tensors by descending
/// dtype, then name; header padded with blanks to a multiple of 8.
public final class SafetensorsWriter {
  /// What transformers asks of a file before it loads it.
  public static final Map<String, String> PYTORCH = Map.of("format", "pt");

  /// Bytes that are asked of a source at a time.
  private static final long CHUNK = 4 << 20;

  private SafetensorsWriter() {}

  /// Writes one file with the metadata of [#PYTORCH]; it is whole or not there, and an older file
  /// (mapped ones too) stays as it is until then.
  public static void write(Path file, List<TensorSource> tensors) throws IOException {
    write(file, tensors, PYTORCH);
  }

  /// Likewise, with metadata of one's own.
  public static void write(Path file, List<TensorSource> tensors, Map<String, String> metadata)
      throws IOException {
    try (AtomicFiles.Staged staged = stage(file, tensors, metadata)) {
      staged.commit();
    }
  }

  /// Writes under a temporary name; the file appears with `commit`.
  static AtomicFiles.Staged stage(
      Path file, List<TensorSource> tensors, Map<String, String> metadata) throws IOException {
    List<TensorSource> sorted = sorted(tensors);
    byte[] header = header(sorted, metadata);
    checkSpace(file, 8 + header.length + bytes(sorted));
    return AtomicFiles.stage(
        file,
        channel -> {
          writeFully(
              channel,
              ByteBuffer.allocate(8 + header.length)
                  .order(ByteOrder.LITTLE_ENDIAN)
                  .putLong(header.length)
                  .put(header)
                  .flip());
          writeData(channel, sorted);
        });
  }

  /// Bytes of all tensors.
  static long bytes(List<TensorSource> tensors) {
    long n = 0;
    for (TensorSource t : tensors) {
      n = Math.addExact(n, t.byteSize());
    }
    return n;
  }

  private static List<TensorSource> sorted(List<TensorSource> tensors) {
    Set<String> names = new HashSet<>();
    for (TensorSource t : tensors) {
      if (!names.add(t.name())) {
        throw new IllegalArgumentException("tensor '" + t.name() + "' is given twice");
      }
    }
    return tensors.stream()
        .sorted(
            Comparator.comparing(TensorSource::dtype)
                .reversed()
                .thenComparing(TensorSource::name, SafetensorsWriter::compareUtf8))
        .toList();
  }

  /// The reference writer orders names by their UTF-8 bytes; Java's own order differs beyond
  /// U+FFFF.
  private static int compareUtf8(String a, String b) {
    return Arrays.compareUnsigned(
        a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] header(List<TensorSource> sorted, Map<String, String> metadata) {
    ObjectNode root = Json.mapper().createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode node = root.putObject(SafetensorsHeader.METADATA);
      new TreeMap<>(metadata).forEach(node::put); // the same bytes in every JVM
    }
    long at = 0;
    for (TensorSource t : sorted) {
      ObjectNode entry = root.putObject(t.name());
      entry.put("dtype", t.dtype().name());
      ArrayNode shape = entry.putArray("shape");
      for (long d : t.shape().dims()) {
        shape.add(d);
      }
      entry.putArray("data_offsets").add(at).add(at + t.byteSize());
      at += t.byteSize();
    }
    byte[] json = Json.write(root).getBytes(StandardCharsets.UTF_8);
    if (json.length > SafetensorsFile.MAX_HEADER_BYTES - 7) {
      throw new IllegalArgumentException(
          "the header of %d tensors has %d bytes, at most %d are allowed"
              .formatted(sorted.size(), json.length, SafetensorsFile.MAX_HEADER_BYTES));
    }
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static void writeData(FileChannel channel, List<TensorSource> sorted) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment buffer = arena.allocate(CHUNK, 64);
      for (TensorSource t : sorted) {
        long n = t.byteSize();
        for (long at = 0; at < n; at += CHUNK) {
          MemorySegment part = buffer.asSlice(0, Math.min(CHUNK, n - at));
          t.bytes().read(at, part);
          writeFully(channel, part.asByteBuffer());
        }
      }
    }
  }

  static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// Says that a disk is too small before gigabytes are written to it.
  static void checkSpace(Path file, long bytes) throws IOException {
    Path dir = file.toAbsolutePath().getParent();
    while (dir != null && !Files.isDirectory(dir)) {
      dir = dir.getParent();
    }
    if (dir == null) {
      return;
    }
    long free = Files.getFileStore(dir).getUsableSpace();
    if (free > 0 && free < bytes) {
      throw new IOException(
          "%s: not written: needs %d bytes, the disk has %d free".formatted(file, bytes, free));
    }
  }
}
