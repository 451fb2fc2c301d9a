package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.I;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/// Eight rows of x against a panel of bf16 pairs, for the 32 registers of AVX-512. See [Kernel14x2]
/// for the fences.
final class DecodeBf16x8 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x8() {}

  /// Adds `words` words of a panel, from byte `from`, times 8 rows of x (step by step from `xo`) to
  /// the tile of sums at `so`.
  static void run(
      MemorySegment panel, int from, int words, float[] x, int xo, float[] sums, int so) {
    FloatVector a0 = FloatVector.fromArray(F, sums, so);
    FloatVector b0 = FloatVector.fromArray(F, sums, so + L);
    FloatVector a1 = FloatVector.fromArray(F, sums, so + 2 * L);
    FloatVector b1 = FloatVector.fromArray(F, sums, so + 3 * L);
    FloatVector a2 = FloatVector.fromArray(F, sums, so + 4 * L);
    FloatVector b2 = FloatVector.fromArray(F, sums, so + 5 * L);
    FloatVector a3 = FloatVector.fromArray(F, sums, so + 6 * L);
    FloatVector b3 = FloatVector.fromArray(F, sums, so + 7 * L);
    FloatVector a4 = FloatVector.fromArray(F, sums, so + 8 * L);
    FloatVector b4 = FloatVector.fromArray(F, sums, so + 9 * L);
    FloatVector a5 = FloatVector.fromArray(F, sums, so + 10 * L);
    FloatVector b5 = FloatVector.fromArray(F, sums, so + 11 * L);
    FloatVector a6 = FloatVector.fromArray(F, sums, so + 12 * L);
    FloatVector b6 = FloatVector.fromArray(F, sums, so + 13 * L);
    FloatVector a7 = FloatVector.fromArray(F, sums, so + 14 * L);
    FloatVector b7 = FloatVector.fromArray(F, sums, so + 15 * L);
    IntVector i;
    IntVector j;
    FloatVector f;
    FloatVector g;
    FloatVector v;
    for (int t = 0; t < words; t++) {
      int q = from + t * 8 * L;
      int p = xo + t * 16;
      i = IntVector.fromMemorySegment(I, panel, q, LE);
      j = IntVector.fromMemorySegment(I, panel, q + 4 * L, LE);
      f = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      g = j.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      v = FloatVector.broadcast(F, x[p]);
      a0 = f.fma(v, a0);
      b0 = g.fma(v, b0);
      v = FloatVector.broadcast(F, x[p + 1]);
      a1 = f.fma(v, a1);
      b1 = g.fma(v, b1);
      v = FloatVector.broadcast(F, x[p + 2]);
      a2 = f.fma(v, a2);
      b2 = g.fma(v, b2);
      v = FloatVector.broadcast(F, x[p + 3]);
      a3 = f.fma(v, a3);
      b3 = g.fma(v, b3);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 4]);
      a4 = f.fma(v, a4);
      b4 = g.fma(v, b4);
      v = FloatVector.broadcast(F, x[p + 5]);
      a5 = f.fma(v, a5);
      b5 = g.fma(v, b5);
      v = FloatVector.broadcast(F, x[p + 6]);
      a6 = f.fma(v, a6);
      b6 = g.fma(v, b6);
      v = FloatVector.broadcast(F, x[p + 7]);
      a7 = f.fma(v, a7);
      b7 = g.fma(v, b7);
      VarHandle.acquireFence();
      f = i.and(HIGH).reinterpretAsFloats();
      g = j.and(HIGH).reinterpretAsFloats();
      v = FloatVector.broadcast(F, x[p + 8]);
      a0 = f.fma(v, a0);
      b0 = g.fma(v, b0);
      v = FloatVector.broadcast(F, x[p + 9]);
      a1 = f.fma(v, a1);
      b1 = g.fma(v, b1);
      v = FloatVector.broadcast(F, x[p + 10]);
      a2 = f.fma(v, a2);
      b2 = g.fma(v, b2);
      v = FloatVector.broadcast(F, x[p + 11]);
      a3 = f.fma(v, a3);
      b3 = g.fma(v, b3);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 12]);
      a4 = f.fma(v, a4);
      b4 = g.fma(v, b4);
      v = FloatVector.broadcast(F, x[p + 13]);
      a5 = f.fma(v, a5);
      b5 = g.fma(v, b5);
      v = FloatVector.broadcast(F, x[p + 14]);
      a6 = f.fma(v, a6);
      b6 = g.fma(v, b6);
      v = FloatVector.broadcast(F, x[p + 15]);
      a7 = f.fma(v, a7);
      b7 = g.fma(v, b7);
      VarHandle.acquireFence();
    }
    a0.intoArray(sums, so);
    b0.intoArray(sums, so + L);
    a1.intoArray(sums, so + 2 * L);
    b1.intoArray(sums, so + 3 * L);
    a2.intoArray(sums, so + 4 * L);
    b2.intoArray(sums, so + 5 * L);
    a3.intoArray(sums, so + 6 * L);
    b3.intoArray(sums, so + 7 * L);
    a4.intoArray(sums, so + 8 * L);
    b4.intoArray(sums, so + 9 * L);
    a5.intoArray(sums, so + 10 * L);
    b5.intoArray(sums, so + 11 * L);
    a6.intoArray(sums, so + 12 * L);
    b6.intoArray(sums, so + 13 * L);
    a7.intoArray(sums, so + 14 * L);
    b7.intoArray(sums, so + 15 * L);
  }
}
