package dev.gavel.tensor.io;

import dev.gavel.tensor.Shape;
import java.util.Arrays;
import java.util.stream.Collectors;

/// One tensor of a validated safetensors file.
///
/// @param shape lengths, outermost first; `[]` is a scalar. Read them as unsigned: behind a zero
///   the format allows lengths of up to 2^64 - 1
/// @param begin first byte, counted from the start of the data section (behind the header)
/// @param end first byte behind the tensor, counted likewise
@SuppressWarnings("ArrayRecordComponent") // copied on the way in and out
public record TensorInfo(String name, SafetensorsDType dtype, long[] shape, long begin, long end) {
  public TensorInfo {
    shape = shape.clone();
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  /// Bytes in the file.
  public long bytes() {
    return end - begin;
  }

  /// Number of elements; 1 for a scalar.
  public long elements() {
    long n = 1;
    for (long d : shape) {
      n *= d;
    }
    return n;
  }

  /// The shape as the engine has it.
  ///
  /// @throws IllegalArgumentException where a length exceeds 2^63 - 1 (only empty tensors can)
  public Shape toShape() {
    return Shape.of(shape);
  }

  /// The shape as text, `[2, 3]`.
  public String shapeText() {
    return shapeText(shape);
  }

  static String shapeText(long[] shape) {
    return Arrays.stream(shape)
        .mapToObj(Long::toUnsignedString)
        .collect(Collectors.joining(", ", "[", "]"));
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof TensorInfo t
        && name.equals(t.name)
        && dtype == t.dtype
        && Arrays.equals(shape, t.shape)
        && begin == t.begin
        && end == t.end;
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Long.hashCode(begin);
  }

  @Override
  public String toString() {
    return name + " " + dtype + " " + shapeText() + " at " + begin + ".." + end;
  }
}
