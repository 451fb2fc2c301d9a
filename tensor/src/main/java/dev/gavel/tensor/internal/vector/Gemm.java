package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/// Matrix products of f32, row-major, off-heap: `C = op(A) op(B)` or `C += op(A) op(B)`.
///
/// Every element is one chain of `fma` in the order of k that begins at 0, and is then stored or
/// added to C. Its bits are those of a scalar loop over `Math.fma`: they depend neither on threads
/// nor on vector width, blocking, the number of rows or the machine.
///
/// Operands must be accessible to all threads (no confined arena). Safe for use by several threads;
/// their calls share the pool one after the other. Buffers grow to the largest product seen, and
/// are used again: a call allocates nothing once warm.
public final class Gemm {
  /// A product and its operands' form, one for each call in flight.
  private record Workspace(GemmJob job, StridedRight right, NarrowRight narrow) {}

  private final WorkerPool pool;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  public Gemm(WorkerPool pool) {
    this.pool = pool;
  }

  /// `C[m, n] = op(A)[m, k] op(B)[k, n]`, or `+=`. C must not overlap A or B.
  ///
  /// @param transA A is stored as `[k, m]`
  /// @param transB B is stored as `[n, k]`
  /// @param aOffset byte of A's first element; likewise `bOffset`, `cOffset`
  /// @param lda elements from one stored row of A to the next; likewise `ldb`, `ldc`
  /// @param accumulate add the product to C instead of replacing it
  public void gemm(
      boolean transA,
      boolean transB,
      int m,
      int n,
      int k,
      MemorySegment a,
      long aOffset,
      int lda,
      MemorySegment b,
      long bOffset,
      int ldb,
      MemorySegment c,
      long cOffset,
      int ldc,
      boolean accumulate) {
    gemm(
        transA,
        transB,
        m,
        n,
        k,
        a,
        aOffset,
        lda,
        DType.F32,
        b,
        bOffset,
        ldb,
        c,
        cOffset,
        ldc,
        accumulate);
  }

  /// The same with a B of another type.
  ///
  /// @param bType f32, or bf16: widened while it is packed, with the bits of a widened copy
  void gemm(
      boolean transA,
      boolean transB,
      int m,
      int n,
      int k,
      MemorySegment a,
      long aOffset,
      int lda,
      DType bType,
      MemorySegment b,
      long bOffset,
      int ldb,
      MemorySegment c,
      long cOffset,
      int ldc,
      boolean accumulate) {
    if (m < 0 || n < 0 || k < 0) {
      throw new IllegalArgumentException(
          "gemm: sizes must be at least 0, got m = %d, n = %d, k = %d".formatted(m, n, k));
    }
    check("A", a, aOffset, transA ? k : m, transA ? m : k, lda);
    check("B", bType.bytes(), b, bOffset, transB ? n : k, transB ? k : n, ldb);
    check("C", c, cOffset, m, n, ldc);
    if (k == 0 && !accumulate) {
      zero(c, cOffset, m, n, ldc);
    }
    if (m == 0 || n == 0 || k == 0) {
      return;
    }
    Workspace w = take();
    try {
      w.job
          .left(transA, m, k, a, aOffset, lda)
          .right(
              bType == DType.BF16
                  ? w.narrow.set(transB, b, bOffset, ldb)
                  : w.right.set(transB, b, bOffset, ldb),
              n)
          .into(c, cOffset, ldc, accumulate)
          .run();
    } finally {
      w.right.set(false, MemorySegment.NULL, 0, 0);
      w.narrow.set(false, MemorySegment.NULL, 0, 0);
      give(w);
    }
  }

  private Workspace take() {
    synchronized (idle) {
      Workspace w = idle.poll();
      return w == null
          ? new Workspace(new GemmJob(pool), new StridedRight(), new NarrowRight())
          : w;
    }
  }

  private void give(Workspace w) {
    synchronized (idle) {
      idle.push(w);
    }
  }

  static void check(String name, MemorySegment s, long offset, int rows, int width, int ld) {
    check(name, Float.BYTES, s, offset, rows, width, ld);
  }

  private static void check(
      String name, int element, MemorySegment s, long offset, int rows, int width, int ld) {
    if (ld < width) {
      throw new IllegalArgumentException(
          "product: rows of %s are %d elements wide but %d apart".formatted(name, width, ld));
    }
    long bytes = rows == 0 || width == 0 ? 0 : element * ((rows - 1L) * ld + width);
    if (offset < 0 || offset > s.byteSize() - bytes) {
      throw new IllegalArgumentException(
          "product: %s[%d, %d] needs %d bytes from byte %d, its segment has %d"
              .formatted(name, rows, width, bytes, offset, s.byteSize()));
    }
  }

  private static void zero(MemorySegment c, long offset, int m, int n, int ldc) {
    for (int i = 0; i < m; i++) {
      c.asSlice(offset + 4L * i * ldc, 4L * n).fill((byte) 0);
    }
  }
}
