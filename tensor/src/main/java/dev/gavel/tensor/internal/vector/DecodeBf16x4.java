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

/// Four rows of x against a panel of bf16 pairs, for 16 registers: 8 sums, 2 words, 2 weights, a
/// value of x. See [Kernel14x2] for the fences.
final class DecodeBf16x4 {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final int HIGH = 0xFFFF0000;

  private DecodeBf16x4() {}

  /// Adds `words` words of a panel, from byte `from`, times 4 rows of x (step by step from `xo`) to
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
    IntVector i;
    IntVector j;
    FloatVector f;
    FloatVector g;
    FloatVector v;
    for (int t = 0; t < words; t++) {
      int q = from + t * 8 * L;
      int p = xo + t * 8;
      i = IntVector.fromMemorySegment(I, panel, q, LE);
      j = IntVector.fromMemorySegment(I, panel, q + 4 * L, LE);
      f = i.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      g = j.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
      v = FloatVector.broadcast(F, x[p]);
      a0 = f.fma(v, a0);
      b0 = g.fma(v, b0);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 1]);
      a1 = f.fma(v, a1);
      b1 = g.fma(v, b1);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 2]);
      a2 = f.fma(v, a2);
      b2 = g.fma(v, b2);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 3]);
      a3 = f.fma(v, a3);
      b3 = g.fma(v, b3);
      VarHandle.acquireFence();
      f = i.and(HIGH).reinterpretAsFloats();
      g = j.and(HIGH).reinterpretAsFloats();
      v = FloatVector.broadcast(F, x[p + 4]);
      a0 = f.fma(v, a0);
      b0 = g.fma(v, b0);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 5]);
      a1 = f.fma(v, a1);
      b1 = g.fma(v, b1);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 6]);
      a2 = f.fma(v, a2);
      b2 = g.fma(v, b2);
      VarHandle.acquireFence();
      v = FloatVector.broadcast(F, x[p + 7]);
      a3 = f.fma(v, a3);
      b3 = g.fma(v, b3);
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
  }
}
