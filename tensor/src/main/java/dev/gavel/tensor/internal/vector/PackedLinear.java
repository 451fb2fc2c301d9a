package dev.gavel.tensor.internal.vector;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/// Products with packed weights, for inference: `y[m, n] = x[m, k] W[n, k]^T`, f32 x and y.
///
/// Every element is the chain of `fma` that [Gemm] computes with W widened to f32: a row gets the
/// same bits alone, in a batch of 32 and in a prefill, for any number of threads and any machine.
///
/// Up to 32 rows the weights are streamed from memory once for all rows; more go through the blocks
/// of [Gemm]. Safe for use by several threads; a call allocates nothing once warm.
public final class PackedLinear {
  private record Workspace(GemmJob gemm, DecodeJob decode) {}

  private final WorkerPool pool;
  private final ArrayDeque<Workspace> idle = new ArrayDeque<>();

  public PackedLinear(WorkerPool pool) {
    this.pool = pool;
  }

  /// `y = x W^T`, or `y += x W^T`. y must not overlap x.
  ///
  /// @param m rows of x and y
  /// @param xOffset byte of the first element of x; likewise `yOffset`
  /// @param ldx elements from one row of x to the next; likewise `ldy`
  /// @param accumulate add the product to y instead of replacing it
  public void apply(
      PackedMatrix w,
      int m,
      MemorySegment x,
      long xOffset,
      int ldx,
      MemorySegment y,
      long yOffset,
      int ldy,
      boolean accumulate) {
    if (m < 0) {
      throw new IllegalArgumentException("packed linear: rows must be at least 0, got " + m);
    }
    Gemm.check("x", x, xOffset, m, w.k(), ldx);
    Gemm.check("y", y, yOffset, m, w.n(), ldy);
    if (m == 0) {
      return;
    }
    Workspace space = take();
    try {
      boolean few = DecodeJob.serves(w, m);
      if (few && w.readsBorrowedRows()) {
        DecodeWarmup.await();
      } else {
        w.settle(pool);
      }
      if (few) {
        space.decode.run(w, m, x, xOffset, ldx, y, yOffset, ldy, accumulate);
      } else {
        space
            .gemm
            .left(false, m, w.k(), x, xOffset, ldx)
            .right(w, w.n())
            .into(y, yOffset, ldy, accumulate)
            .run();
      }
    } finally {
      give(space);
    }
  }

  private Workspace take() {
    synchronized (idle) {
      Workspace w = idle.poll();
      return w == null ? new Workspace(new GemmJob(pool), new DecodeJob(pool)) : w;
    }
  }

  private void give(Workspace w) {
    synchronized (idle) {
      idle.push(w);
    }
  }
}
