package dev.gavel.tensor.io;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A safetensors file, validated wholly before anything of it can be seen.
///
/// A tensor's bytes can be had in three ways: [#bytes] is a view of the mapped file, whose pages
/// count as this process's memory once touched; [#read] copies a range through the page cache and
/// maps nothing; [#map] maps the tensor alone, and stays readable after [#close]. All are safe from
/// any number of threads.
///
/// Layout: 8 bytes of little-endian length N, N bytes of JSON, the data section. Nothing in the
/// format aligns a tensor: read views with unaligned little-endian layouts.
public final class SafetensorsFile implements AutoCloseable {
  /// Longest header the reference reader takes.
  public static final int MAX_HEADER_BYTES = 100_000_000;

  // ByteBuffers hold less than 2 GB; a multiple of every element size.
  private static final long MAX_READ = 1L << 30;

  private final Path path;
  private final FileChannel channel;
  private final Arena arena;
  private final MemorySegment data;
  private final long dataStart;
  private final SafetensorsHeader header;
  private final Map<String, TensorInfo> byName = new HashMap<>();

  private SafetensorsFile(Path path, FileChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    long size = channel.size();
    byte[] json = readHeader(path.toString(), channel, size);
    this.dataStart = 8L + json.length;
    this.header = SafetensorsHeader.parse(json, size - dataStart, path.toString());
    for (TensorInfo t : header.tensors()) {
      byName.put(t.name(), t);
    }
    this.arena = Arena.ofShared();
    try {
      this.data = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena).asSlice(dataStart);
    } catch (IOException | RuntimeException | Error e) {
      arena.close();
      throw e;
    }
  }

  /// Opens and validates.
  ///
  /// @throws FormatException if the file breaks the format, naming file, tensor and byte
  public static SafetensorsFile open(Path path) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString(), null, "no such file");
    }
    if (!Files.isRegularFile(path)) {
      throw new FormatException(path + ": not a file, expected a safetensors file");
    }
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new SafetensorsFile(path, channel);
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private static byte[] readHeader(String where, FileChannel channel, long size)
      throws IOException {
    if (size < 8) {
      throw new FormatException(
          "%s: has %d bytes, a safetensors file begins with 8 bytes of header length"
              .formatted(where, size));
    }
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, length, 0, where);
    long n = length.flip().getLong();
    if (Long.compareUnsigned(n, MAX_HEADER_BYTES) > 0) {
      throw new FormatException(
          "%s: header length is %s, at most %d is allowed; not a safetensors file?"
              .formatted(where, Long.toUnsignedString(n), MAX_HEADER_BYTES));
    }
    if (8 + n > size) {
      throw new FormatException(
          "%s: header ends at byte %d but the file has %d; the download is incomplete"
              .formatted(where, 8 + n, size));
    }
    ByteBuffer header = ByteBuffer.allocate((int) n);
    readFully(channel, header, 8, where);
    return header.array();
  }

  private static void readFully(FileChannel channel, ByteBuffer into, long at, String where)
      throws IOException {
    while (into.hasRemaining()) {
      int n = channel.read(into, at);
      if (n < 0) {
        throw new FormatException(
            "%s: ended at byte %d while it was read; did it change on disk?".formatted(where, at));
      }
      at += n;
    }
  }

  public Path path() {
    return path;
  }

  /// All tensors, in the order of their bytes.
  public List<TensorInfo> tensors() {
    return header.tensors();
  }

  public boolean has(String name) {
    return byName.containsKey(name);
  }

  /// @throws IllegalArgumentException if the file has no such tensor
  public TensorInfo tensor(String name) {
    TensorInfo t = byName.get(name);
    if (t == null) {
      throw new IllegalArgumentException(path + ": holds no tensor '" + name + "'");
    }
    return t;
  }

  /// The strings of `__metadata__`; empty if there are none.
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /// Bytes of all tensors.
  public long dataBytes() {
    return data.byteSize();
  }

  /// Byte of the file where the data section begins.
  public long dataStart() {
    return dataStart;
  }

  /// A read-only view of a tensor's bytes in the mapped file; it dies with this file.
  public MemorySegment bytes(String name) {
    TensorInfo t = tensor(name);
    return data.asSlice(t.begin(), t.bytes());
  }

  /// Copies bytes of a tensor without mapping a page: `into.byteSize()` of them, from byte `offset`
  /// of the tensor on.
  ///
  /// @param into native memory, or a heap segment over a `byte[]`
  /// @throws IndexOutOfBoundsException if the range is not inside the tensor
  public void read(TensorInfo tensor, long offset, MemorySegment into) throws IOException {
    long n = into.byteSize();
    if (offset < 0 || offset > tensor.bytes() - n) {
      throw new IndexOutOfBoundsException(
          "%s: bytes %d..%d of tensor '%s', which has %d"
              .formatted(path, offset, offset + n, tensor.name(), tensor.bytes()));
    }
    requireOwn(tensor);
    long from = dataStart + tensor.begin() + offset;
    for (long done = 0; done < n; done += MAX_READ) {
      MemorySegment part = into.asSlice(done, Math.min(MAX_READ, n - done));
      readFully(channel, part.asByteBuffer(), from + done, path.toString());
    }
  }

  /// Maps a tensor for itself: it stays readable whatever becomes of this file. Needs native
  /// access.
  public MappedTensor map(TensorInfo tensor) throws IOException {
    requireOwn(tensor);
    return MappedTensor.map(channel, dataStart + tensor.begin(), tensor.bytes());
  }

  private void requireOwn(TensorInfo tensor) {
    if (!tensor.equals(byName.get(tensor.name()))) {
      throw new IllegalArgumentException(path + ": " + tensor + " is not a tensor of this file");
    }
  }

  /// Unmaps and closes; every view dies.
  @Override
  public void close() throws IOException {
    try (channel) {
      arena.close();
    }
  }
}
