package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.FEW_ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;

/// One product at a time, with the buffers it needs; they grow and are used again.
///
/// All of A (or as many rows as fit [#PACKED_A]) is packed first, by all threads. Then a task owns
/// a stripe of columns: it packs its part of B, [#K_CHUNK] deep, and for [#MC] rows at a time runs
/// the micro-kernel into a block of sums that stays near. C is touched once, at the end. Partial
/// sums are always carried on, so an element is one chain of `fma` in the order of k whatever the
/// blocking; that is why the blocking may follow the machine: its caches, its vector width and its
/// threads.
final class GemmJob {
  /// MC x KC of A and KC x NC of B lie in L2, KC x COLUMNS of B in L1.
  private static final int MC = WIDE ? 16 * ROWS : 32 * ROWS;

  private static final int KC = WIDE ? 192 : 256;
  private static final int NC = 512;

  /// Depth of a stripe of B that is packed at once, so that it is still in L2 when it is used.
  /// Where k is deeper, the sums of the whole task are kept from one chunk to the next.
  private static final int K_CHUNK = 512;

  /// Rows of such a task: its sums take 4 to 5 MiB.
  private static final int KEPT_ROWS = 12 * MC;

  /// Values of A packed at once: 64 MiB.
  private static final int PACKED_A = 1 << 24;

  /// Products with fewer multiplications (some 20 microseconds) are not worth waking a thread.
  private static final long WORTH_A_FORK = 1 << 20;

  /// What one thread needs for its stripes.
  private static final class Scratch {
    float[] b = {};
    float[] sums = {};
  }

  private final WorkerPool pool;
  private final ArrayDeque<Scratch> scratches = new ArrayDeque<>();
  private final WorkerPool.Task packTask = this::packRows;
  private final WorkerPool.Task stripeTask = this::stripe;
  private float[] packedA = {};

  // the product
  private boolean transA;
  private int m;
  private int n;
  private int k;
  private MemorySegment a = MemorySegment.NULL;
  private long aOffset;
  private int lda;
  private RightOperand b = (k0, kc, j0, nc, dst, o, stride) -> {};
  private MemorySegment c = MemorySegment.NULL;
  private long cOffset;
  private int ldc;
  private boolean accumulate;

  // its blocking
  private int kc;
  private int depths;
  private int panelA;
  private int panelB;
  private int width;
  private int rowParts;
  private int rowStep;
  private int firstRow;
  private int rows;

  GemmJob(WorkerPool pool) {
    this.pool = pool;
  }

  GemmJob left(boolean transA, int m, int k, MemorySegment a, long aOffset, int lda) {
    this.transA = transA;
    this.m = m;
    this.k = k;
    this.a = a;
    this.aOffset = aOffset;
    this.lda = lda;
    return this;
  }

  GemmJob right(RightOperand b, int n) {
    this.b = b;
    this.n = n;
    return this;
  }

  GemmJob into(MemorySegment c, long cOffset, int ldc, boolean accumulate) {
    this.c = c;
    this.cOffset = cOffset;
    this.ldc = ldc;
    this.accumulate = accumulate;
    return this;
  }

  /// Computes the product; m, n and k are at least 1.
  void run() {
    depths = ceil(k, KC);
    kc = (ceil(k, depths) + 1) & -2;
    depths = ceil(k, kc);
    panelA = ROWS * kc + Packing.SLACK;
    panelB = COLUMNS * kc;
    boolean alone = (long) m * n * k < WORTH_A_FORK || pool.threads() == 1;
    int tasks = alone ? 1 : 4 * pool.threads();
    width = Math.min(NC, Math.max(ceil(ceil(n, tasks), COLUMNS), alone ? 1 : 2) * COLUMNS);
    int stripes = ceil(n, width);
    int rowsAtOnce = Math.max(1, PACKED_A / (depths * panelA) * ROWS / MC) * MC;
    for (firstRow = 0; firstRow < m; firstRow += rowsAtOnce) {
      rows = Math.min(rowsAtOnce, m - firstRow);
      // Few stripes: rows are divided too, but each part packs its stripe of B again.
      rowParts = Math.max(1, Math.min(ceil(rows, 2 * MC), ceil(tasks, stripes)));
      if (depths > chunk()) {
        rowParts = Math.max(rowParts, ceil(rows, KEPT_ROWS));
      }
      rowStep = ceil(ceil(rows, rowParts), MC) * MC;
      rowParts = ceil(rows, rowStep);
      grow(ceil(rows, ROWS));
      forEach(alone, ceil(rows, MC), packTask);
      forEach(alone, stripes * rowParts, stripeTask);
    }
    a = MemorySegment.NULL;
    c = MemorySegment.NULL;
  }

  /// Blocks of k that are packed at once.
  private int chunk() {
    return Math.max(1, K_CHUNK / kc);
  }

  private void grow(int panels) {
    long size = (long) panels * depths * panelA;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("gemm: k = " + k + " is too large for one product");
    }
    if (packedA.length < size) {
      packedA = new float[(int) size];
    }
  }

  private void forEach(boolean alone, int parts, WorkerPool.Task task) {
    if (alone) {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
    } else {
      pool.run(parts, task);
    }
  }

  // ---- A ---------------------------------------------------------------------------------------

  /// Packs MC rows of A, all of k.
  private void packRows(int part) {
    int panels = ceil(rows, ROWS);
    int panel = part * (MC / ROWS);
    int begin = part * MC;
    int end = Math.min(rows, begin + MC);
    for (int d = 0; d < depths; d++) {
      packBlock(begin, end, d * kc, Math.min(kc, k - d * kc), (d * panels + panel) * panelA);
    }
  }

  private void packBlock(int begin, int end, int k0, int depth, int o) {
    int whole = (end - begin) / ROWS;
    long start =
        aOffset
            + 4L
                * (transA
                    ? (long) k0 * lda + firstRow + begin
                    : (long) (firstRow + begin) * lda + k0);
    if (transA) {
      Packing.rowsOfA(a, start, lda, depth, packedA, o, whole, panelA);
    } else {
      for (int i = 0; i < whole; i++) {
        Packing.lines(
            a, start + 4L * i * ROWS * lda, lda, ROWS, depth, packedA, o + i * panelA, ROWS);
      }
    }
    for (int i = 0; i < whole; i++) {
      Packing.pad(packedA, o + i * panelA, ROWS, depth, -0f);
    }
    int rest = end - begin - whole * ROWS;
    if (rest > 0) {
      packRest(start + 4L * whole * ROWS * (transA ? 1 : lda), rest, depth, o + whole * panelA);
    }
  }

  private void packRest(long start, int rest, int depth, int o) {
    int height = height(rest);
    if (transA) {
      Packing.rows(a, start, lda, rest, depth, packedA, o, height);
    } else {
      Packing.lines(a, start, lda, rest, depth, packedA, o, height);
    }
    Packing.pad(packedA, o, height, depth, -0f);
  }

  /// Rows of the micro-kernel that serves `rows` rows.
  private static int height(int rows) {
    return rows > FEW_ROWS ? ROWS : FEW_ROWS;
  }

  // ---- stripes ---------------------------------------------------------------------------------

  private void stripe(int part) {
    int j0 = part / rowParts * width;
    int nc = Math.min(width, n - j0);
    int begin = part % rowParts * rowStep;
    int end = Math.min(rows, begin + rowStep);
    Scratch own = takeScratch();
    try {
      stripe(own, j0, nc, begin, end);
    } finally {
      giveScratch(own);
    }
  }

  private Scratch takeScratch() {
    synchronized (scratches) {
      Scratch s = scratches.poll();
      return s == null ? new Scratch() : s;
    }
  }

  private void giveScratch(Scratch s) {
    synchronized (scratches) {
      scratches.push(s);
    }
  }

  private void stripe(Scratch own, int j0, int nc, int begin, int end) {
    int columns = ceil(nc, COLUMNS);
    int chunk = chunk();
    boolean once = depths <= chunk;
    int sumRows = once ? Math.min(MC, end - begin) : end - begin;
    int sumsSize = ceil(sumRows, ROWS) * columns * ROWS * COLUMNS;
    if (own.sums.length < sumsSize) {
      own.sums = new float[sumsSize];
    }
    int bSize = Math.min(depths, chunk) * columns * panelB;
    if (own.b.length < bSize) {
      own.b = new float[bSize];
    }
    for (int d0 = 0; d0 < depths; d0 += chunk) {
      int d1 = Math.min(depths, d0 + chunk);
      for (int d = d0; d < d1; d++) {
        b.pack(
            d * kc, Math.min(kc, k - d * kc), j0, nc, own.b, (d - d0) * columns * panelB, panelB);
      }
      for (int i = begin; i < end; i += MC) {
        int so = once ? 0 : (i - begin) * columns * COLUMNS;
        block(own, so, columns, i, Math.min(MC, end - i), d0, d1);
        if (d1 == depths) {
          flush(own.sums, so, i, Math.min(MC, end - i), j0, nc);
        }
      }
    }
  }

  /// Adds the depths `d0..d1-1` to the sums of `count` rows.
  private void block(Scratch own, int so, int columns, int row, int count, int d0, int d1) {
    int tiles = ceil(count, ROWS);
    int panels = ceil(rows, ROWS);
    if (d0 == 0) {
      Arrays.fill(own.sums, so, so + tiles * columns * ROWS * COLUMNS, 0f);
    }
    int last = height(count - (tiles - 1) * ROWS);
    for (int d = d0; d < d1; d++) {
      int ao = (d * panels + row / ROWS) * panelA;
      int bo = (d - d0) * columns * panelB;
      int depth = (Math.min(kc, k - d * kc) + 1) & -2;
      int co = so;
      for (int j = 0; j < columns; j++) {
        for (int i = 0; i < tiles; i++, co += ROWS * COLUMNS) {
          Lanes.tile(
              i == tiles - 1 ? last : ROWS,
              packedA,
              ao + i * panelA,
              own.b,
              bo + j * panelB,
              depth,
              own.sums,
              co);
        }
      }
    }
  }

  private void flush(float[] sums, int so, int row, int count, int j0, int nc) {
    int tiles = ceil(count, ROWS);
    int t = so;
    for (int j = 0; j < nc; j += COLUMNS) {
      for (int i = 0; i < tiles; i++, t += ROWS * COLUMNS) {
        long at = cOffset + 4 * ((long) (firstRow + row + i * ROWS) * ldc + j0 + j);
        Tiles.store(
            sums,
            t,
            c,
            at,
            4L * ldc,
            Math.min(ROWS, count - i * ROWS),
            Math.min(COLUMNS, nc - j),
            accumulate);
      }
    }
  }
}
