package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.tail;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The products of [AttentionTile] for a row alone, from pages as they lie in memory: what decoding
/// one sequence does. The same chains of fma as [AttentionProducts], so the same bits.
final class AttentionRow {
  /// Elements done at a time: four chains hide an fma's latency.
  private static final int STEP = 4 * L;

  private AttentionRow() {}

  /// s[j] = q . key j, at least for the `n` first keys of the page.
  static void scores(float[] q, int qo, int d, MemorySegment k, long ko, float[] s, int n) {
    for (int j = 0; j < n; j += STEP) {
      FloatVector a = FloatVector.zero(F);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector e = a;
      long at = ko + 4L * j;
      for (int p = 0; p < d; p++) {
        FloatVector u = FloatVector.broadcast(F, q[qo + p]);
        long o = at + 4L * KEYS * p;
        a = u.fma(load(k, o), a);
        b = u.fma(load(k, o + 4 * L), b);
        c = u.fma(load(k, o + 8 * L), c);
        e = u.fma(load(k, o + 12 * L), e);
      }
      a.intoArray(s, j);
      b.intoArray(s, j + L);
      c.intoArray(s, j + 2 * L);
      e.intoArray(s, j + 3 * L);
    }
  }

  /// acc[c] += sum over j < n of p[j] v[j][c].
  static void addValues(float[] p, int n, MemorySegment v, long vo, int d, float[] acc, int ao) {
    int j = 0;
    for (; j + STEP <= d; j += STEP) {
      addFour(p, n, v, vo + 4L * j, d, acc, ao + j);
    }
    for (; j < d; j += L) {
      VectorMask<Float> m = tail(0, d - j);
      addOne(p, n, v, vo + 4L * j, d, acc, ao + j, m);
    }
  }

  private static void addFour(
      float[] p, int n, MemorySegment v, long vo, int d, float[] acc, int ao) {
    FloatVector a = FloatVector.fromArray(F, acc, ao);
    FloatVector b = FloatVector.fromArray(F, acc, ao + L);
    FloatVector c = FloatVector.fromArray(F, acc, ao + 2 * L);
    FloatVector e = FloatVector.fromArray(F, acc, ao + 3 * L);
    for (int i = 0; i < n; i++) {
      FloatVector u = FloatVector.broadcast(F, p[i]);
      long o = vo + 4L * d * i;
      a = u.fma(load(v, o), a);
      b = u.fma(load(v, o + 4 * L), b);
      c = u.fma(load(v, o + 8 * L), c);
      e = u.fma(load(v, o + 12 * L), e);
    }
    a.intoArray(acc, ao);
    b.intoArray(acc, ao + L);
    c.intoArray(acc, ao + 2 * L);
    e.intoArray(acc, ao + 3 * L);
  }

  private static void addOne(
      float[] p, int n, MemorySegment v, long vo, int d, float[] acc, int ao, VectorMask<Float> m) {
    FloatVector a = FloatVector.fromArray(F, acc, ao);
    for (int i = 0; i < n; i++) {
      a = FloatVector.broadcast(F, p[i]).fma(load(v, vo + 4L * d * i, m), a);
    }
    a.intoArray(acc, ao);
  }
}
