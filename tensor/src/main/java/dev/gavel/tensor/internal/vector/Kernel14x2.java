package dev.gavel.tensor.internal.vector;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Micro-kernel of 14 rows by 2 vectors: 28 accumulators, 2 vectors of B and a broadcast of A live
/// in the 32 registers of AVX-512; [Kernel6x2] is the one for 16 registers.
///
/// `VarHandle.acquireFence()` costs no instruction on x86, but C2 moves no load across it. Without
/// it all loads of a step are hoisted to its top and the accumulators are spilled (60 to 70 % of
/// the speed). The steps of an iteration ([Lanes#STEPS]) are written out by hand, and nothing is
/// factored into helpers: C2 stops inlining in methods of this size and would box the vectors.
/// Arrays, not segments: with as many segment accesses the method is too large for C1 and may never
/// reach C2.
final class Kernel14x2 {
  private static final VectorSpecies<Float> F = Lanes.F;
  private static final int L = Lanes.L;

  private Kernel14x2() {}

  /// Adds the product of `a` (`k` steps of 14 values from `ao`) and `b` (`k` steps of two vectors
  /// from `bo`) to the tile at `from` of `c`, row by row, and leaves the sums at `co`. `k` is even.
  static void run(float[] a, int ao, float[] b, int bo, int k, float[] c, int from, int co) {
    FloatVector c0a = FloatVector.fromArray(F, c, from);
    FloatVector c0b = FloatVector.fromArray(F, c, from + L);
    FloatVector c1a = FloatVector.fromArray(F, c, from + 2 * L);
    FloatVector c1b = FloatVector.fromArray(F, c, from + 3 * L);
    FloatVector c2a = FloatVector.fromArray(F, c, from + 4 * L);
    FloatVector c2b = FloatVector.fromArray(F, c, from + 5 * L);
    FloatVector c3a = FloatVector.fromArray(F, c, from + 6 * L);
    FloatVector c3b = FloatVector.fromArray(F, c, from + 7 * L);
    FloatVector c4a = FloatVector.fromArray(F, c, from + 8 * L);
    FloatVector c4b = FloatVector.fromArray(F, c, from + 9 * L);
    FloatVector c5a = FloatVector.fromArray(F, c, from + 10 * L);
    FloatVector c5b = FloatVector.fromArray(F, c, from + 11 * L);
    FloatVector c6a = FloatVector.fromArray(F, c, from + 12 * L);
    FloatVector c6b = FloatVector.fromArray(F, c, from + 13 * L);
    FloatVector c7a = FloatVector.fromArray(F, c, from + 14 * L);
    FloatVector c7b = FloatVector.fromArray(F, c, from + 15 * L);
    FloatVector c8a = FloatVector.fromArray(F, c, from + 16 * L);
    FloatVector c8b = FloatVector.fromArray(F, c, from + 17 * L);
    FloatVector c9a = FloatVector.fromArray(F, c, from + 18 * L);
    FloatVector c9b = FloatVector.fromArray(F, c, from + 19 * L);
    FloatVector c10a = FloatVector.fromArray(F, c, from + 20 * L);
    FloatVector c10b = FloatVector.fromArray(F, c, from + 21 * L);
    FloatVector c11a = FloatVector.fromArray(F, c, from + 22 * L);
    FloatVector c11b = FloatVector.fromArray(F, c, from + 23 * L);
    FloatVector c12a = FloatVector.fromArray(F, c, from + 24 * L);
    FloatVector c12b = FloatVector.fromArray(F, c, from + 25 * L);
    FloatVector c13a = FloatVector.fromArray(F, c, from + 26 * L);
    FloatVector c13b = FloatVector.fromArray(F, c, from + 27 * L);
    FloatVector ba;
    FloatVector bb;
    FloatVector x;
    for (int p = 0; p < k; p += 2) {
      ba = FloatVector.fromArray(F, b, bo);
      bb = FloatVector.fromArray(F, b, bo + L);
      x = FloatVector.broadcast(F, a[ao]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(F, a[ao + 1]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 2]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(F, a[ao + 3]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 4]);
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(F, a[ao + 5]);
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 6]);
      c6a = x.fma(ba, c6a);
      c6b = x.fma(bb, c6b);
      x = FloatVector.broadcast(F, a[ao + 7]);
      c7a = x.fma(ba, c7a);
      c7b = x.fma(bb, c7b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 8]);
      c8a = x.fma(ba, c8a);
      c8b = x.fma(bb, c8b);
      x = FloatVector.broadcast(F, a[ao + 9]);
      c9a = x.fma(ba, c9a);
      c9b = x.fma(bb, c9b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 10]);
      c10a = x.fma(ba, c10a);
      c10b = x.fma(bb, c10b);
      x = FloatVector.broadcast(F, a[ao + 11]);
      c11a = x.fma(ba, c11a);
      c11b = x.fma(bb, c11b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 12]);
      c12a = x.fma(ba, c12a);
      c12b = x.fma(bb, c12b);
      x = FloatVector.broadcast(F, a[ao + 13]);
      c13a = x.fma(ba, c13a);
      c13b = x.fma(bb, c13b);
      VarHandle.acquireFence();
      ba = FloatVector.fromArray(F, b, bo + 2 * L);
      bb = FloatVector.fromArray(F, b, bo + 3 * L);
      x = FloatVector.broadcast(F, a[ao + 14]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(F, a[ao + 15]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 16]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(F, a[ao + 17]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 18]);
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(F, a[ao + 19]);
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 20]);
      c6a = x.fma(ba, c6a);
      c6b = x.fma(bb, c6b);
      x = FloatVector.broadcast(F, a[ao + 21]);
      c7a = x.fma(ba, c7a);
      c7b = x.fma(bb, c7b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 22]);
      c8a = x.fma(ba, c8a);
      c8b = x.fma(bb, c8b);
      x = FloatVector.broadcast(F, a[ao + 23]);
      c9a = x.fma(ba, c9a);
      c9b = x.fma(bb, c9b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 24]);
      c10a = x.fma(ba, c10a);
      c10b = x.fma(bb, c10b);
      x = FloatVector.broadcast(F, a[ao + 25]);
      c11a = x.fma(ba, c11a);
      c11b = x.fma(bb, c11b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 26]);
      c12a = x.fma(ba, c12a);
      c12b = x.fma(bb, c12b);
      x = FloatVector.broadcast(F, a[ao + 27]);
      c13a = x.fma(ba, c13a);
      c13b = x.fma(bb, c13b);
      ao += 28;
      bo += 4 * L;
    }
    c0a.intoArray(c, co);
    c0b.intoArray(c, co + L);
    c1a.intoArray(c, co + 2 * L);
    c1b.intoArray(c, co + 3 * L);
    c2a.intoArray(c, co + 4 * L);
    c2b.intoArray(c, co + 5 * L);
    c3a.intoArray(c, co + 6 * L);
    c3b.intoArray(c, co + 7 * L);
    c4a.intoArray(c, co + 8 * L);
    c4b.intoArray(c, co + 9 * L);
    c5a.intoArray(c, co + 10 * L);
    c5b.intoArray(c, co + 11 * L);
    c6a.intoArray(c, co + 12 * L);
    c6b.intoArray(c, co + 13 * L);
    c7a.intoArray(c, co + 14 * L);
    c7b.intoArray(c, co + 15 * L);
    c8a.intoArray(c, co + 16 * L);
    c8b.intoArray(c, co + 17 * L);
    c9a.intoArray(c, co + 18 * L);
    c9b.intoArray(c, co + 19 * L);
    c10a.intoArray(c, co + 20 * L);
    c10b.intoArray(c, co + 21 * L);
    c11a.intoArray(c, co + 22 * L);
    c11b.intoArray(c, co + 23 * L);
    c12a.intoArray(c, co + 24 * L);
    c12b.intoArray(c, co + 25 * L);
    c13a.intoArray(c, co + 26 * L);
    c13b.intoArray(c, co + 27 * L);
  }
}
