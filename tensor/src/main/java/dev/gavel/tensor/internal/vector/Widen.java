package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.H;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.I16;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/// bf16 to f32 panels: a bf16 is the upper half of an f32.
final class Widen {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private Widen() {}

  /// `kc` stored rows of `nc` bf16 columns become panels of f32 ([RightOperand#pack]).
  ///
  /// @param start byte of the first value
  /// @param ld values from one stored row to the next
  static void rowsOfB(
      MemorySegment s, long start, int ld, int kc, int nc, float[] dst, int o, int stride) {
    int whole = nc / COLUMNS;
    for (int p = 0; p < kc; p++) {
      long q = start + 2L * p * ld;
      int w = o + p * COLUMNS;
      row(s.asSlice(q, 2L * nc), whole, dst, w, stride);
      int rest = w + whole * stride;
      for (int i = whole * COLUMNS; i < nc; i++) {
        dst[rest + i - whole * COLUMNS] = Float.intBitsToFloat(s.get(I16, q + 2L * i) << 16);
      }
    }
  }

  private static void row(MemorySegment m, int panels, float[] dst, int o, int stride) {
    for (int j = 0, w = o, q = 0; j < panels; j++, w += stride, q += 4 * L) {
      wide(ShortVector.fromMemorySegment(H, m, q, LE)).intoArray(dst, w);
      wide(ShortVector.fromMemorySegment(H, m, q + 2 * L, LE)).intoArray(dst, w + L);
    }
  }

  private static FloatVector wide(ShortVector h) {
    return ((IntVector) h.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0))
        .lanewise(VectorOperators.LSHL, 16)
        .reinterpretAsFloats();
  }

  /// `words` rows of a panel of pairs, from byte `from`, become `2 * words` rows of f32.
  static void pairs(MemorySegment panel, int from, int words, float[] dst, int o) {
    for (int t = 0; t < words; t++) {
      int q = from + t * 8 * L;
      IntVector a = IntVector.fromMemorySegment(I, panel, q, LE);
      IntVector b = IntVector.fromMemorySegment(I, panel, q + 4 * L, LE);
      int to = o + t * 4 * L;
      a.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to);
      b.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(dst, to + L);
      a.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 2 * L);
      b.and(HIGH).reinterpretAsFloats().intoArray(dst, to + 3 * L);
    }
  }
}
