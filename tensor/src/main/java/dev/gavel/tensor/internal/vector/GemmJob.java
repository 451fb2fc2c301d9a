package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/// One product at a time, with the buffers it needs; they grow and are used again.
///
/// The smaller operand is packed first, by all threads; then a task owns a range of the other one,
/// which it packs piece by piece as it uses them, so that they are still in its L2: rows of a tall
/// product ([#rowsInTasks]), columns of a wide one ([#columnsInTasks]). C is touched once, when a
/// tile is finished. Partial sums are always carried on, so an element is one chain of `fma` in the
/// order of k whatever the blocking; that is why the blocking may follow the machine: its caches,
/// its vector width and its threads.
final class GemmJob {
  /// Deepest block of k. A tile's panels come from L2 then, faster than the micro-kernel reads
  /// them. Blocks that stay in L1 are a fifth as deep, and the tile's sums come and go that much
  /// more often: products are 7 to 8 % slower.
  private static final int KC = 1024;

  /// Values of a block of A that lies in L2 while all columns meet it.
  private static final int BLOCK_A = 1 << 16;

  /// Most rows of a block of A.
  private static final int MC = WIDE ? 16 * ROWS : 32 * ROWS;

  /// Most columns of a task that packs its own.
  private static final int NC = 512;

  /// Most rows of such a task where k is deeper than a block: its sums, 4 to 5 MiB, are kept from
  /// one block to the next.
  private static final int KEPT_ROWS = 12 * MC;

  /// Most columns that are packed ahead: more would push the unfinished sums of a block of rows out
  /// of L2.
  private static final int COLUMNS_AHEAD = 1024;

  /// Values packed ahead: 64 MiB.
  private static final int AHEAD = 1 << 24;

  /// Products with fewer multiplications (some 20 microseconds) are not worth waking a thread.
  private static final long WORTH_A_FORK = 1 << 20;

  /// Values of a tile.
  private static final int TILE = ROWS * COLUMNS;

  /// In the array of sums: a tile of zeros, the tile that was finished last, then unfinished ones.
  private static final int ZEROS = 0;

  private static final int FINISHED = TILE;
  private static final int SUMS = 2 * TILE;

  /// What one thread needs for its tasks: its part of an operand, and sums.
  private static final class Scratch {
    private float[] panels = {};
    private float[] sums = {};

    float[] panels(int size) {
      if (panels.length < size) {
        panels = new float[size];
      }
      return panels;
    }

    float[] sums(int unfinished) {
      if (sums.length < SUMS + unfinished) {
        sums = new float[SUMS + unfinished];
      }
      return sums;
    }
  }

  private final WorkerPool pool;
  private final ArrayDeque<Scratch> scratches = new ArrayDeque<>();
  private final WorkerPool.Task packRowsTask = this::packRows;
  private final WorkerPool.Task packColumnsTask = this::packColumns;
  private final WorkerPool.Task rowsTask = this::rowsTask;
  private final WorkerPool.Task columnsTask = this::columnsTask;
  private final StridedLeft a = new StridedLeft();
  private float[] ahead = {};

  // the product
  private int m;
  private int n;
  private int k;
  private RightOperand b = (k0, kc, j0, nc, dst, o, stride) -> {};
  private MemorySegment c = MemorySegment.NULL;
  private long cOffset;
  private int ldc;
  private boolean accumulate;

  // its blocking
  private boolean alone;
  private int kc;
  private int depths;
  private int panelA;
  private int panelB;

  // what is packed ahead, and how it is divided
  private int first;
  private int count;
  private int mc;
  private int width;
  private int rowParts;
  private int rowStep;

  GemmJob(WorkerPool pool) {
    this.pool = pool;
  }

  GemmJob left(boolean transA, int m, int k, MemorySegment a, long aOffset, int lda) {
    this.a.set(transA, a, aOffset, lda);
    this.m = m;
    this.k = k;
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
    kc = Lanes.wholeSteps(ceil(k, depths));
    depths = ceil(k, kc);
    panelA = ROWS * kc + Packing.SLACK;
    panelB = COLUMNS * kc;
    mc = Math.clamp(BLOCK_A / kc / ROWS * ROWS, ROWS, MC);
    alone = (long) m * n * k < WORTH_A_FORK || pool.threads() == 1;
    if (n <= Math.min(m, COLUMNS_AHEAD)) {
      rowsInTasks();
    } else {
      columnsInTasks();
    }
    a.clear();
    c = MemorySegment.NULL;
  }

  /// Tasks that give all threads something to do to the end.
  private int tasks() {
    return alone ? 1 : 4 * pool.threads();
  }

  private int depth(int d) {
    return Math.min(kc, k - d * kc);
  }

  private void reserve(int panels, int panel) {
    long size = (long) panels * depths * panel;
    if (size > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("gemm: k = " + k + " is too large for one product");
    }
    if (ahead.length < size) {
      ahead = new float[(int) size];
    }
  }

  private void forEach(int parts, WorkerPool.Task task) {
    if (alone) {
      for (int part = 0; part < parts; part++) {
        task.run(part);
      }
    } else {
      pool.run(parts, task);
    }
  }

  private Scratch take() {
    synchronized (scratches) {
      Scratch s = scratches.poll();
      return s == null ? new Scratch() : s;
    }
  }

  private void give(Scratch s) {
    synchronized (scratches) {
      scratches.push(s);
    }
  }

  // ---- tasks own rows --------------------------------------------------------------------------

  private void rowsInTasks() {
    mc = Math.min(mc, Math.max(4, ceil(ceil(m, tasks()), ROWS)) * ROWS);
    int atOnce = Math.max(1, AHEAD / (depths * panelB)) * COLUMNS;
    for (first = 0; first < n; first += atOnce) {
      count = Math.min(atOnce, n - first);
      reserve(ceil(count, COLUMNS), panelB);
      forEach(depths * ceil(count, NC), packColumnsTask);
      forEach(ceil(m, mc), rowsTask);
    }
  }

  /// Packs NC columns of B, one depth.
  private void packColumns(int part) {
    int d = part % depths;
    int j = part / depths * NC;
    int panels = ceil(count, COLUMNS);
    int o = (d * panels + j / COLUMNS) * panelB;
    b.pack(d * kc, depth(d), first + j, Math.min(NC, count - j), ahead, o, panelB);
  }

  private void rowsTask(int part) {
    Scratch own = take();
    try {
      int begin = part * mc;
      int end = Math.min(m, begin + mc);
      int panels = ceil(count, COLUMNS);
      float[] panelsOfA = own.panels(ceil(end - begin, ROWS) * panelA);
      float[] sums = own.sums(depths == 1 ? 0 : ceil(end - begin, ROWS) * panels * TILE);
      for (int d = 0; d < depths; d++) {
        a.pack(begin, end, d * kc, depth(d), panelsOfA, 0, panelA);
        block(panelsOfA, 0, ahead, d * panels * panelB, d, sums, SUMS, begin, end, first, count);
      }
    } finally {
      give(own);
    }
  }

  // ---- tasks own columns -----------------------------------------------------------------------

  private void columnsInTasks() {
    int tasks = tasks();
    width = Math.min(NC, Math.max(ceil(ceil(n, tasks), COLUMNS), alone ? 1 : 2) * COLUMNS);
    int stripes = ceil(n, width);
    int atOnce = Math.max(1, AHEAD / (depths * panelA) * ROWS / mc) * mc;
    for (first = 0; first < m; first += atOnce) {
      count = Math.min(atOnce, m - first);
      // Few stripes: rows are divided too, but each part packs its stripe of B again.
      rowParts = Math.max(1, Math.min(ceil(count, 2 * mc), ceil(tasks, stripes)));
      if (depths > 1) {
        rowParts = Math.max(rowParts, ceil(count, KEPT_ROWS));
      }
      rowStep = ceil(ceil(count, rowParts), mc) * mc;
      rowParts = ceil(count, rowStep);
      reserve(ceil(count, ROWS), panelA);
      forEach(ceil(count, mc), packRowsTask);
      forEach(stripes * rowParts, columnsTask);
    }
  }

  /// Packs `mc` rows of A, all of k.
  private void packRows(int part) {
    int panels = ceil(count, ROWS);
    int begin = part * mc;
    int end = Math.min(count, begin + mc);
    for (int d = 0; d < depths; d++) {
      int o = (d * panels + begin / ROWS) * panelA;
      a.pack(first + begin, first + end, d * kc, depth(d), ahead, o, panelA);
    }
  }

  private void columnsTask(int part) {
    int j0 = part / rowParts * width;
    int begin = part % rowParts * rowStep;
    Scratch own = take();
    try {
      stripe(own, j0, Math.min(width, n - j0), begin, Math.min(count, begin + rowStep));
    } finally {
      give(own);
    }
  }

  private void stripe(Scratch own, int j0, int nc, int begin, int end) {
    int columns = ceil(nc, COLUMNS);
    float[] sums = own.sums(depths == 1 ? 0 : ceil(end - begin, ROWS) * columns * TILE);
    float[] panelsOfB = own.panels(columns * panelB);
    for (int d = 0; d < depths; d++) {
      b.pack(d * kc, depth(d), j0, nc, panelsOfB, 0, panelB);
      for (int i = begin; i < end; i += mc) {
        int to = Math.min(end, i + mc);
        int ao = (d * ceil(count, ROWS) + i / ROWS) * panelA;
        int so = SUMS + (i - begin) * columns * COLUMNS;
        block(ahead, ao, panelsOfB, 0, d, sums, so, first + i, first + to, j0, nc);
      }
    }
  }

  // ---- tiles -----------------------------------------------------------------------------------

  /// Adds depth `d` to the sums, from `so` on, of rows `begin..end-1` and `nc` columns from `j0`
  /// on.
  ///
  /// A tile begins from zeros that stay in L1, and when it is finished it goes from L1 to C at
  /// once: what these writes wait for hides behind the next tile.
  private void block(
      float[] a,
      int ao,
      float[] b,
      int bo,
      int d,
      float[] sums,
      int so,
      int begin,
      int end,
      int j0,
      int nc) {
    int depth = Lanes.wholeSteps(depth(d));
    boolean begins = d == 0;
    boolean ends = d == depths - 1;
    int t = so;
    for (int j = 0; j < nc; j += COLUMNS, bo += panelB) {
      int ap = ao;
      for (int i = begin; i < end; i += ROWS, ap += panelA, t += TILE) {
        int height = StridedLeft.height(end - i);
        int to = ends ? FINISHED : t;
        Lanes.tile(height, a, ap, b, bo, depth, sums, begins ? ZEROS : t, to);
        if (ends) {
          store(sums, i, Math.min(ROWS, end - i), j0 + j, Math.min(COLUMNS, nc - j));
        }
      }
    }
  }

  private void store(float[] sums, int row, int rows, int column, int columns) {
    long at = cOffset + 4 * ((long) row * ldc + column);
    Tiles.store(sums, FINISHED, c, at, 4L * ldc, rows, columns, accumulate);
  }
}
