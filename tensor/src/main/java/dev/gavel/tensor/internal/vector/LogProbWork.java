package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.internal.host.HostMemory;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Linear layer and log-softmax in chunks of tokens: a chunk's logits exist while its rows are
/// read, and again in the backward pass, where they turn into their own gradient.
final class LogProbWork {
  /// Logits of a chunk: 128 MiB.
  private static final long CHUNK = 1 << 25;

  private final WorkerPool pool;
  private final Gemm gemm;
  private final HostMemory memory;

  LogProbWork(WorkerPool pool, Gemm gemm, HostMemory memory) {
    this.pool = pool;
    this.gemm = gemm;
    this.memory = memory;
  }

  /// Tokens of a chunk: a function of the vocabulary alone, as gradients of the matrix are summed
  /// chunk by chunk.
  private static int chunkRows(int vocabulary) {
    return (int) Math.clamp(CHUNK / vocabulary / 64 * 64, 64, 4096);
  }

  void forward(Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep) {
    int rows = (int) h.shape().dim(0);
    int c = (int) h.shape().dim(1);
    int v = (int) w.shape().dim(0);
    if (keep != null) {
      MemorySegment logits = HostBuffer.of(keep);
      logits(h, w, 0, rows, c, v, logits);
      readRows(logits, 0, rows, v, targets, y, stats);
      return;
    }
    int step = Math.min(rows, chunkRows(v));
    HostBuffer chunk = memory.allocate(4L * step * v);
    for (int at = 0; at < rows; at += step) {
      int n = Math.min(step, rows - at);
      logits(h, w, at, n, c, v, chunk.segment());
      readRows(chunk.segment(), at, n, v, targets, y, stats);
    }
    memory.free(chunk);
  }

  private void logits(Tensor h, Tensor w, int at, int n, int c, int v, MemorySegment to) {
    MemorySegment left = HostBuffer.of(h);
    MemorySegment right = HostBuffer.of(w);
    long first = 4L * at * c;
    gemm.gemm(false, true, n, v, c, left, first, c, w.dtype(), right, 0, c, to, 0, v, false);
  }

  void ofLogits(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    int v = (int) logits.shape().last();
    readRows(HostBuffer.of(logits), 0, (int) y.size(), v, targets, y, stats);
  }

  private void readRows(
      MemorySegment logits, int at, int n, int v, Tensor targets, Tensor y, Tensor stats) {
    MemorySegment ids = HostBuffer.of(targets);
    MemorySegment out = HostBuffer.of(y);
    MemorySegment stat = HostBuffer.of(stats);
    Parts.rows(
        pool,
        n,
        v,
        (a, b) -> {
          LogProbRow row = new LogProbRow();
          for (long r = a; r < b; r++) {
            row.read(logits, 4 * r * v, v);
            long t = at + r;
            int target = ids.get(Lanes.I32, 4 * t);
            out.set(Lanes.F32, 4 * t, row.logProb(logits.get(Lanes.F32, 4 * (r * v + target))));
            stat.set(Lanes.F32, 12 * t, row.logSumExp());
            stat.set(Lanes.F32, 12 * t + 4, row.entropy());
            stat.set(Lanes.F32, 12 * t + 8, row.isTop(logits, 4 * r * v, target) ? 1 : 0);
          }
        });
  }

  void backward(
      Tensor h,
      Tensor w,
      Tensor targets,
      Tensor stats,
      @Nullable Tensor kept,
      Tensor gy,
      @Nullable Tensor gh,
      boolean addH,
      @Nullable Tensor gw,
      boolean addW) {
    int rows = (int) h.shape().dim(0);
    int c = (int) h.shape().dim(1);
    int v = (int) w.shape().dim(0);
    int step = Math.min(rows, chunkRows(v));
    HostBuffer chunk = kept == null ? memory.allocate(4L * step * v) : null;
    if (rows == 0 && gw != null && !addW) {
      HostBuffer.of(gw).fill((byte) 0);
    }
    for (int at = 0; at < rows; at += step) {
      int n = Math.min(step, rows - at);
      MemorySegment z;
      if (chunk == null) {
        z = HostBuffer.of(java.util.Objects.requireNonNull(kept)).asSlice(4L * at * v, 4L * n * v);
      } else {
        z = chunk.segment();
        logits(h, w, at, n, c, v, z);
      }
      toGradient(z, at, n, v, targets, stats, gy);
      if (gh != null) {
        gradientOfH(z, w, n, c, v, gh, 4L * at * c, addH);
      }
      if (gw != null) {
        gradientOfW(z, h, 4L * at * c, n, c, v, gw, addW || at > 0);
      }
    }
    if (chunk != null) {
      memory.free(chunk);
    }
  }

  /// gh (+)= z w.
  private void gradientOfH(
      MemorySegment z, Tensor w, int n, int c, int v, Tensor gh, long at, boolean add) {
    MemorySegment right = HostBuffer.of(w);
    MemorySegment to = HostBuffer.of(gh);
    gemm.gemm(false, false, n, c, v, z, 0, v, w.dtype(), right, 0, c, to, at, c, add);
  }

  /// gw (+)= z^T h.
  private void gradientOfW(
      MemorySegment z, Tensor h, long at, int n, int c, int v, Tensor gw, boolean add) {
    MemorySegment right = HostBuffer.of(h);
    MemorySegment to = HostBuffer.of(gw);
    gemm.gemm(true, false, v, c, n, z, 0, v, h.dtype(), right, at, c, to, 0, c, add);
  }

  private void toGradient(
      MemorySegment z, int at, int n, int v, Tensor targets, Tensor stats, Tensor gy) {
    MemorySegment ids = HostBuffer.of(targets);
    MemorySegment stat = HostBuffer.of(stats);
    MemorySegment g = HostBuffer.of(gy);
    Parts.rows(
        pool,
        n,
        v,
        (a, b) -> {
          for (long r = a; r < b; r++) {
            long t = at + r;
            RowKernels.crossEntropyGradient(
                z,
                4 * r * v,
                v,
                ids.get(Lanes.I32, 4 * t),
                stat.get(Lanes.F32, 12 * t),
                -g.get(Lanes.F32, 4 * t));
          }
        });
  }
}
