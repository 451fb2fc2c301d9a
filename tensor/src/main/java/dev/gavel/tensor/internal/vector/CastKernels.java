package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F32;
import static dev.gavel.tensor.internal.vector.Lanes.F64;
import static dev.gavel.tensor.internal.vector.Lanes.H;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.I16;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// Changes of type. Ranges are elements `from .. to - 1` of tensors that begin at the given bytes;
/// source and destination must not overlap.
final class CastKernels {
  private static final int QUIET = 0x40;

  private CastKernels() {}

  /// Nearest bf16, ties to even; a NaN stays a (quiet) NaN with its sign, overflow gives inf.
  static void f32ToBf16(MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      IntVector b = v.reinterpretAsInts();
      IntVector odd = b.lanewise(VectorOperators.LSHR, 16).and(1);
      IntVector rounded = b.add(odd).add(0x7FFF).lanewise(VectorOperators.LSHR, 16);
      IntVector nan = b.lanewise(VectorOperators.LSHR, 16).or(QUIET);
      rounded = rounded.blend(nan, v.compare(VectorOperators.NE, v).cast(I));
      ((ShortVector) rounded.convertShape(VectorOperators.I2S, H, 0))
          .intoMemorySegment(y, yo + 2 * i, LE);
    }
    for (; i < to; i++) {
      y.set(I16, yo + 2 * i, bf16(get(x, xo + 4 * i)));
    }
  }

  static void bf16ToF32(MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      ShortVector h = ShortVector.fromMemorySegment(H, x, xo + 2 * i, LE);
      ((IntVector) h.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0))
          .lanewise(VectorOperators.LSHL, 16)
          .intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < to; i++) {
      set(y, yo + 4 * i, Float.intBitsToFloat(x.get(I16, xo + 2 * i) << 16));
    }
  }

  static void f32ToF64(MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    for (long i = from; i < to; i++) {
      y.set(F64, yo + 8 * i, x.get(F32, xo + 4 * i));
    }
  }

  static void f64ToF32(MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    for (long i = from; i < to; i++) {
      y.set(F32, yo + 4 * i, (float) x.get(F64, xo + 8 * i));
    }
  }

  private static short bf16(float v) {
    int b = Float.floatToRawIntBits(v);
    int high = b >>> 16;
    return (short) (Float.isNaN(v) ? high | QUIET : (b + (high & 1) + 0x7FFF) >>> 16);
  }
}
