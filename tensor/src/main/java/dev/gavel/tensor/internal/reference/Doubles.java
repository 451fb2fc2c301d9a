package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A tensor of any type read and written as doubles.
final class Doubles {
  private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

  private final MemorySegment segment;
  private final DType type;

  Doubles(Tensor t) {
    this(HostBuffer.of(t), t.dtype());
  }

  Doubles(MemorySegment segment, DType type) {
    this.segment = segment;
    this.type = type;
  }

  double get(long i) {
    return switch (type) {
      case F64 -> segment.get(F64, 8 * i);
      case F32 -> segment.get(F32, 4 * i);
      case BF16 -> Float.intBitsToFloat(segment.get(BF16, 2 * i) << 16);
      case I32 -> segment.get(I32, 4 * i);
    };
  }

  int id(long i) {
    return segment.get(I32, 4 * i);
  }

  void set(long i, double v) {
    switch (type) {
      case F64 -> segment.set(F64, 8 * i, v);
      case F32 -> segment.set(F32, 4 * i, (float) v);
      case BF16 -> segment.set(BF16, 2 * i, toBf16((float) v));
      case I32 -> segment.set(I32, 4 * i, (int) v);
    }
  }

  void put(long i, double v, boolean accumulate) {
    set(i, accumulate ? get(i) + v : v);
  }

  /// Nearest, ties to even; NaN stays NaN.
  static short toBf16(float f) {
    int bits = Float.floatToRawIntBits(f);
    if (Float.isNaN(f)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
  }
}
