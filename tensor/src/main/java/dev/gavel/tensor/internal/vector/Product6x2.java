package dev.gavel.tensor.internal.vector;

import java.lang.invoke.VarHandle;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Micro-kernels of 6 rows by 2 vectors for attention: 12 accumulators stay in registers. The one
/// for 16 registers.
///
/// Not those of the matrix product ([Kernel6x2]), which want panels of A, whole steps of two and
/// sums in tiles: here A and C are rows of arrays as they lie, and the depth is often small.
///
/// Written out, as C2 boxes vectors that go through helpers of this size. The fences emit no
/// instruction, but C2 moves no load across them; where they help and where they harm was measured:
/// re-measure with `AttentionBench` before changing them.
final class Product6x2 {
  private static final VectorSpecies<Float> F = Lanes.F;
  private static final int L = Lanes.L;
  private static final int WIDTH = 2 * L;
  private static final int LINE = AttentionProducts.KEYS;

  private Product6x2() {}

  /// c[r][j] (+)= sum over p < k of a[r][p] b[p][j] (overwriting if `fresh`) for 6 rows r and 2
  /// vectors j, one chain of fma in the order of p. Rows of a are `lda` apart, rows of c `ldc`,
  /// rows of b one panel's width.
  static void rows(
      float[] a,
      int ao,
      int lda,
      float[] b,
      int bo,
      int k,
      boolean fresh,
      float[] c,
      int co,
      int ldc) {
    int row1 = co + ldc;
    int row2 = co + 2 * ldc;
    int row3 = co + 3 * ldc;
    int row4 = co + 4 * ldc;
    int row5 = co + 5 * ldc;
    int line1 = ao + lda;
    int line2 = ao + 2 * lda;
    int line3 = ao + 3 * lda;
    int line4 = ao + 4 * lda;
    int line5 = ao + 5 * lda;
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = fresh ? zero : FloatVector.fromArray(F, c, co);
    FloatVector a1 = fresh ? zero : FloatVector.fromArray(F, c, co + L);
    FloatVector b0 = fresh ? zero : FloatVector.fromArray(F, c, row1);
    FloatVector b1 = fresh ? zero : FloatVector.fromArray(F, c, row1 + L);
    FloatVector c0 = fresh ? zero : FloatVector.fromArray(F, c, row2);
    FloatVector c1 = fresh ? zero : FloatVector.fromArray(F, c, row2 + L);
    FloatVector d0 = fresh ? zero : FloatVector.fromArray(F, c, row3);
    FloatVector d1 = fresh ? zero : FloatVector.fromArray(F, c, row3 + L);
    FloatVector e0 = fresh ? zero : FloatVector.fromArray(F, c, row4);
    FloatVector e1 = fresh ? zero : FloatVector.fromArray(F, c, row4 + L);
    FloatVector f0 = fresh ? zero : FloatVector.fromArray(F, c, row5);
    FloatVector f1 = fresh ? zero : FloatVector.fromArray(F, c, row5 + L);
    for (int p = 0; p < k; p++) {
      FloatVector x0 = FloatVector.fromArray(F, b, bo + p * WIDTH);
      FloatVector x1 = FloatVector.fromArray(F, b, bo + p * WIDTH + L);
      FloatVector u = FloatVector.broadcast(F, a[ao + p]);
      a0 = u.fma(x0, a0);
      a1 = u.fma(x1, a1);
      u = FloatVector.broadcast(F, a[line1 + p]);
      b0 = u.fma(x0, b0);
      b1 = u.fma(x1, b1);
      u = FloatVector.broadcast(F, a[line2 + p]);
      c0 = u.fma(x0, c0);
      c1 = u.fma(x1, c1);
      u = FloatVector.broadcast(F, a[line3 + p]);
      d0 = u.fma(x0, d0);
      d1 = u.fma(x1, d1);
      u = FloatVector.broadcast(F, a[line4 + p]);
      e0 = u.fma(x0, e0);
      e1 = u.fma(x1, e1);
      u = FloatVector.broadcast(F, a[line5 + p]);
      f0 = u.fma(x0, f0);
      f1 = u.fma(x1, f1);
    }
    a0.intoArray(c, co);
    a1.intoArray(c, co + L);
    b0.intoArray(c, row1);
    b1.intoArray(c, row1 + L);
    c0.intoArray(c, row2);
    c1.intoArray(c, row2 + L);
    d0.intoArray(c, row3);
    d1.intoArray(c, row3 + L);
    e0.intoArray(c, row4);
    e1.intoArray(c, row4 + L);
    f0.intoArray(c, row5);
    f1.intoArray(c, row5 + L);
  }

  /// c[i][j] += sum over p < k of a[p][i] b[p][j] for 6 columns i of a, whose rows are
  /// [AttentionProducts#KEYS] long.
  static void columns(float[] a, int ao, float[] b, int bo, int k, float[] c, int co, int ldc) {
    int row1 = co + ldc;
    int row2 = co + 2 * ldc;
    int row3 = co + 3 * ldc;
    int row4 = co + 4 * ldc;
    int row5 = co + 5 * ldc;
    FloatVector a0 = FloatVector.fromArray(F, c, co);
    FloatVector a1 = FloatVector.fromArray(F, c, co + L);
    FloatVector b0 = FloatVector.fromArray(F, c, row1);
    FloatVector b1 = FloatVector.fromArray(F, c, row1 + L);
    FloatVector c0 = FloatVector.fromArray(F, c, row2);
    FloatVector c1 = FloatVector.fromArray(F, c, row2 + L);
    FloatVector d0 = FloatVector.fromArray(F, c, row3);
    FloatVector d1 = FloatVector.fromArray(F, c, row3 + L);
    FloatVector e0 = FloatVector.fromArray(F, c, row4);
    FloatVector e1 = FloatVector.fromArray(F, c, row4 + L);
    FloatVector f0 = FloatVector.fromArray(F, c, row5);
    FloatVector f1 = FloatVector.fromArray(F, c, row5 + L);
    for (int p = 0; p < k; p++) {
      FloatVector x0 = FloatVector.fromArray(F, b, bo + p * WIDTH);
      FloatVector x1 = FloatVector.fromArray(F, b, bo + p * WIDTH + L);
      FloatVector u = FloatVector.broadcast(F, a[ao + p * LINE]);
      a0 = u.fma(x0, a0);
      a1 = u.fma(x1, a1);
      VarHandle.acquireFence();
      u = FloatVector.broadcast(F, a[ao + p * LINE + 1]);
      b0 = u.fma(x0, b0);
      b1 = u.fma(x1, b1);
      VarHandle.acquireFence();
      u = FloatVector.broadcast(F, a[ao + p * LINE + 2]);
      c0 = u.fma(x0, c0);
      c1 = u.fma(x1, c1);
      VarHandle.acquireFence();
      u = FloatVector.broadcast(F, a[ao + p * LINE + 3]);
      d0 = u.fma(x0, d0);
      d1 = u.fma(x1, d1);
      VarHandle.acquireFence();
      u = FloatVector.broadcast(F, a[ao + p * LINE + 4]);
      e0 = u.fma(x0, e0);
      e1 = u.fma(x1, e1);
      VarHandle.acquireFence();
      u = FloatVector.broadcast(F, a[ao + p * LINE + 5]);
      f0 = u.fma(x0, f0);
      f1 = u.fma(x1, f1);
    }
    a0.intoArray(c, co);
    a1.intoArray(c, co + L);
    b0.intoArray(c, row1);
    b1.intoArray(c, row1 + L);
    c0.intoArray(c, row2);
    c1.intoArray(c, row2 + L);
    d0.intoArray(c, row3);
    d1.intoArray(c, row3 + L);
    e0.intoArray(c, row4);
    e1.intoArray(c, row4 + L);
    f0.intoArray(c, row5);
    f1.intoArray(c, row5 + L);
  }
}
