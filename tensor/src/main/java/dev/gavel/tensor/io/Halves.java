package dev.gavel.tensor.io;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Conversions between 16-bit floats and wider ones: to the nearest value, ties to even; NaN stays
/// NaN, overflow becomes infinity. Widening is exact.
///
/// ```text
/// f32   s eeeeeeee mmmmmmm mmmmmmmmmmmmmmmm
/// bf16  s eeeeeeee mmmmmmm
/// ```
///
/// Bulk forms read stored (little-endian) values and write those of this machine, or the reverse;
/// counts follow from the smaller side's size and both sides must agree. Sides need no alignment
/// and must not overlap.
public final class Halves {
  private static final ValueLayout.OfShort STORED_16 =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Halves() {}

  public static float bf16ToF32(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  public static short f32ToBf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > 0x7f800000) {
      return 0x7fc0; // rounding could carry a NaN's low bits away and leave an infinity
    }
    // Adds just under half of the last kept place, and the rest if that place is odd.
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  public static float f16ToF32(short bits) {
    return Float.float16ToFloat(bits);
  }

  public static short f32ToF16(float value) {
    return Float.floatToFloat16(value);
  }

  /// By way of f32, as PyTorch does: the double rounding is part of the contract.
  public static short f64ToBf16(double value) {
    return f32ToBf16((float) value);
  }

  /// Widens `stored` bf16 into `f32`.
  public static void bf16ToF32(MemorySegment stored, MemorySegment f32) {
    long n = count(stored, 2, f32, 4);
    for (long i = 0; i < n; i++) {
      f32.set(JAVA_INT_UNALIGNED, 4 * i, stored.get(STORED_16, 2 * i) << 16);
    }
  }

  /// Widens `stored` f16 into `f32`.
  public static void f16ToF32(MemorySegment stored, MemorySegment f32) {
    long n = count(stored, 2, f32, 4);
    for (long i = 0; i < n; i++) {
      f32.set(JAVA_FLOAT_UNALIGNED, 4 * i, f16ToF32(stored.get(STORED_16, 2 * i)));
    }
  }

  /// Rounds `f32` into `stored` bf16.
  public static void f32ToBf16(MemorySegment f32, MemorySegment stored) {
    long n = count(stored, 2, f32, 4);
    for (long i = 0; i < n; i++) {
      stored.set(STORED_16, 2 * i, f32ToBf16(f32.get(JAVA_FLOAT_UNALIGNED, 4 * i)));
    }
  }

  /// Rounds `f32` into `stored` f16.
  public static void f32ToF16(MemorySegment f32, MemorySegment stored) {
    long n = count(stored, 2, f32, 4);
    for (long i = 0; i < n; i++) {
      stored.set(STORED_16, 2 * i, f32ToF16(f32.get(JAVA_FLOAT_UNALIGNED, 4 * i)));
    }
  }

  /// Values that both sides hold; an error if they do not agree.
  static long count(MemorySegment narrow, int narrowBytes, MemorySegment wide, int bytes) {
    long n = narrow.byteSize() / narrowBytes;
    if (narrow.byteSize() % narrowBytes != 0 || wide.byteSize() != n * bytes) {
      throw new IllegalArgumentException(
          "%d bytes of %d-byte values cannot become %d bytes of %d-byte values"
              .formatted(narrow.byteSize(), narrowBytes, wide.byteSize(), bytes));
    }
    return n;
  }
}
