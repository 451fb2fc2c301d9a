package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One product of few rows with packed weights at a time: bound by the reading of the weights, each
/// of which is read from memory once.
///
/// One row or two go through several panels at once, as streams. More rows are cut into tiles of 4
/// or 8, and a block of a panel is multiplied with all tiles while it is in L1; a weight is widened
/// in registers for each tile, which is cheaper than to write it to memory widened and to read it
/// again.
final class DecodeJob {
  private static final int MOST_ROWS = 32;

  private static final int TILE = TiledRows.TILE;

  /// Words of a panel that meet all tiles before the next ones are read: 16 KiB; even.
  private static final int BLOCK = WIDE ? 128 : 256;

  /// Panels that are read at once for a single row.
  private static final int STREAMS = 4;

  /// Bytes of weights of a part.
  private static final int PART = 1 << 18;

  /// Products with fewer multiplications are not worth waking a thread.
  private static final long WORTH_A_FORK = 1 << 18;

  private final WorkerPool pool;
  private final ArrayDeque<float[]> sumsOfParts = new ArrayDeque<>();
  private final TiledRows rows = new TiledRows();
  private final WorkerPool.Task packTask = rows::pack;
  private final WorkerPool.Task panelTask = this::panels;

  private @Nullable PackedMatrix w;
  private int m;
  private MemorySegment y = MemorySegment.NULL;
  private long yOffset;
  private int ldy;
  private boolean accumulate;
  private int panelsOfPart;

  DecodeJob(WorkerPool pool) {
    this.pool = pool;
  }

  /// Whether this is the way for `m` rows; otherwise a [GemmJob] is.
  static boolean serves(PackedMatrix w, int m) {
    return m == 1 || (m <= MOST_ROWS && w.type() == DType.BF16);
  }

  void run(
      PackedMatrix w,
      int m,
      MemorySegment x,
      long xOffset,
      int ldx,
      MemorySegment y,
      long yOffset,
      int ldy,
      boolean accumulate) {
    this.w = w;
    this.m = m;
    this.y = y;
    this.yOffset = yOffset;
    this.ldy = ldy;
    this.accumulate = accumulate;
    rows.set(m, w.k(), x, xOffset, ldx);
    boolean alone = (long) m * w.n() * w.k() < WORTH_A_FORK;
    forEach(alone || rows.tiles() == 1, rows.tiles(), packTask);
    panelsOfPart = STREAMS * Math.max(1, PART / STREAMS / w.panelBytes());
    forEach(alone, ceil(w.panels(), panelsOfPart), panelTask);
    this.w = null;
    rows.clear();
    this.y = MemorySegment.NULL;
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

  private void panels(int part) {
    PackedMatrix w = this.w;
    if (w == null) {
      throw new IllegalStateException("no product is under way");
    }
    int begin = part * panelsOfPart;
    int end = Math.min(w.panels(), begin + panelsOfPart);
    float[] sums = takeSums();
    try {
      if (m == 1) {
        for (int panel = begin; panel < end; panel += STREAMS) {
          oneRow(w, panel, Math.min(STREAMS, end - panel), sums);
        }
      } else if (m == 2) {
        for (int panel = begin; panel < end; panel += 2) {
          twoRows(w, panel, Math.min(2, end - panel), sums);
        }
      } else {
        for (int panel = begin; panel < end; panel++) {
          tiles(w, panel, sums);
        }
      }
    } finally {
      giveSums(sums);
    }
  }

  /// Four panels at once; the last one also takes the places of those that do not exist.
  private void oneRow(PackedMatrix w, int panel, int count, float[] sums) {
    MemorySegment a = w.panel(panel);
    MemorySegment b = w.panel(panel + Math.min(1, count - 1));
    MemorySegment c = w.panel(panel + Math.min(2, count - 1));
    MemorySegment d = w.panel(panel + Math.min(3, count - 1));
    if (w.type() == DType.BF16) {
      DecodeBf16x1.run(a, b, c, d, w.words(), rows.values(), sums);
    } else {
      DecodeF32x1.run(a, b, c, d, w.words(), rows.values(), sums);
    }
    for (int i = 0; i < count; i++) {
      store(w, panel + i, sums, i * COLUMNS, 0, 1);
    }
  }

  private void twoRows(PackedMatrix w, int panel, int count, float[] sums) {
    DecodeBf16x2.run(w.panel(panel), w.panel(panel + count - 1), w.words(), rows.values(), sums);
    for (int i = 0; i < count; i++) {
      store(w, panel + i, sums, 2 * i * COLUMNS, 0, 2);
    }
  }

  private void tiles(PackedMatrix w, int panel, float[] sums) {
    Arrays.fill(sums, 0f);
    int block = m <= TILE ? w.words() : BLOCK;
    for (int t = 0; t < w.words(); t += block) {
      int words = Math.min(block, w.words() - t);
      int from = 4 * t * COLUMNS;
      for (int tile = 0; tile < rows.tiles(); tile++) {
        int height = rows.height(tile);
        int xo = rows.start(tile) + 2 * t * height;
        int so = tile * TILE * COLUMNS;
        if (height == 4) {
          DecodeBf16x4.run(w.panel(panel), from, words, rows.values(), xo, sums, so);
        } else {
          DecodeBf16x8.run(w.panel(panel), from, words, rows.values(), xo, sums, so);
        }
      }
    }
    for (int tile = 0; tile < rows.tiles(); tile++) {
      int i = tile * TILE;
      store(w, panel, sums, i * COLUMNS, i, Math.min(TILE, m - i));
    }
  }

  private void store(PackedMatrix w, int panel, float[] sums, int so, int row, int rows) {
    int column = panel * COLUMNS;
    long to = yOffset + 4 * ((long) row * ldy + column);
    Tiles.store(sums, so, y, to, 4L * ldy, rows, Math.min(COLUMNS, w.n() - column), accumulate);
  }

  private float[] takeSums() {
    synchronized (sumsOfParts) {
      float[] s = sumsOfParts.poll();
      return s == null ? new float[MOST_ROWS * COLUMNS] : s;
    }
  }

  private void giveSums(float[] s) {
    synchronized (sumsOfParts) {
      sumsOfParts.push(s);
    }
  }
}
