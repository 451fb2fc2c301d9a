package dev.gavel.tensor.internal.vector;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Micro-kernel of 6 rows by 2 vectors: 12 accumulators, 2 vectors of B and a broadcast of A live
/// in the 16 registers of AVX2. See [Kernel14x2] for how it is written.
final class Kernel6x2 {
  private static final VectorSpecies<Float> F = Lanes.F;
  private static final int L = Lanes.L;

  private Kernel6x2() {}

  /// Adds the product of `a` (`k` steps of 6 values from `ao`) and `b` (`k` steps of two vectors
  /// from `bo`) to the tile at `from` of `c`, row by row, and leaves the sums at `co`. `k` is a
  /// multiple of 4.
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
    FloatVector ba;
    FloatVector bb;
    FloatVector x;
    for (int p = 0; p < k; p += 4) {
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
      ba = FloatVector.fromArray(F, b, bo + 2 * L);
      bb = FloatVector.fromArray(F, b, bo + 3 * L);
      x = FloatVector.broadcast(F, a[ao + 6]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(F, a[ao + 7]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 8]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(F, a[ao + 9]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 10]);
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(F, a[ao + 11]);
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      VarHandle.acquireFence();
      ba = FloatVector.fromArray(F, b, bo + 4 * L);
      bb = FloatVector.fromArray(F, b, bo + 5 * L);
      x = FloatVector.broadcast(F, a[ao + 12]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(F, a[ao + 13]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 14]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(F, a[ao + 15]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 16]);
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(F, a[ao + 17]);
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      VarHandle.acquireFence();
      ba = FloatVector.fromArray(F, b, bo + 6 * L);
      bb = FloatVector.fromArray(F, b, bo + 7 * L);
      x = FloatVector.broadcast(F, a[ao + 18]);
      c0a = x.fma(ba, c0a);
      c0b = x.fma(bb, c0b);
      x = FloatVector.broadcast(F, a[ao + 19]);
      c1a = x.fma(ba, c1a);
      c1b = x.fma(bb, c1b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 20]);
      c2a = x.fma(ba, c2a);
      c2b = x.fma(bb, c2b);
      x = FloatVector.broadcast(F, a[ao + 21]);
      c3a = x.fma(ba, c3a);
      c3b = x.fma(bb, c3b);
      VarHandle.acquireFence();
      x = FloatVector.broadcast(F, a[ao + 22]);
      c4a = x.fma(ba, c4a);
      c4b = x.fma(bb, c4b);
      x = FloatVector.broadcast(F, a[ao + 23]);
      c5a = x.fma(ba, c5a);
      c5b = x.fma(bb, c5b);
      ao += 24;
      bo += 8 * L;
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
  }
}
