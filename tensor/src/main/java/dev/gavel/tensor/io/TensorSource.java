package dev.gavel.tensor.io;

import dev.gavel.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/// A tensor to be written, whose bytes are asked for piece by piece, so that no copy of a model is
/// ever whole in memory.
public record TensorSource(String name, SafetensorsDType dtype, Shape shape, Bytes bytes) {
  /// Gives the stored (little-endian) bytes of a tensor.
  @FunctionalInterface
  public interface Bytes {
    /// Fills `into` with the tensor's bytes from byte `offset` on. Offsets are multiples of 64, and
    /// so are lengths except at the end. A tensor is asked for from front to back, by one thread;
    /// others may help it to fill `into`.
    void read(long offset, MemorySegment into) throws IOException;
  }

  public TensorSource {
    if (name.equals(SafetensorsHeader.METADATA)) {
      throw new IllegalArgumentException("a tensor cannot be named " + name);
    }
    long bits = Math.multiplyExact(shape.size(), (long) dtype.bits());
    if (bits % 8 != 0) {
      throw new IllegalArgumentException(
          "tensor '%s': %s %s has %d bits, which do not fill whole bytes"
              .formatted(name, dtype, shape, bits));
    }
  }

  /// A tensor whose stored bytes lie in memory.
  public static TensorSource of(
      String name, SafetensorsDType dtype, Shape shape, MemorySegment stored) {
    TensorSource source =
        new TensorSource(
            name,
            dtype,
            shape,
            (offset, into) -> into.copyFrom(stored.asSlice(offset, into.byteSize())));
    if (stored.byteSize() != source.byteSize()) {
      throw new IllegalArgumentException(
          "tensor '%s': %s %s needs %d bytes, got %d"
              .formatted(name, dtype, shape, source.byteSize(), stored.byteSize()));
    }
    return source;
  }

  /// A tensor of another file, unchanged.
  public static TensorSource of(SafetensorsFile file, TensorInfo tensor) {
    return new TensorSource(
        tensor.name(),
        tensor.dtype(),
        tensor.toShape(),
        (offset, into) -> file.read(tensor, offset, into));
  }

  /// Bytes in the file.
  public long byteSize() {
    return shape.size() * dtype.bits() / 8;
  }
}
