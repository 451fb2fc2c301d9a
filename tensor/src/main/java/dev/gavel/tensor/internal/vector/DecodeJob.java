package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.FEW_ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One product of few rows with packed weights at a time: bound by the reading of the weights, each
/// of which is read once. Up to 4 rows (bf16) the kernels read the panels themselves; for more, a
/// block of a panel is widened into L1 and the small micro-kernel runs over it for all rows.
final class DecodeJob {
  /// More rows than this are worth the blocks of a [GemmJob].
  static final int MOST_ROWS = 32;

  /// Steps of k that are widened at once: 16 KiB.
  private static final int KC = WIDE ? 128 : 256;

  /// Bytes of weights of a part; parts are whole pairs of panels.
  private static final int PART = 1 << 18;

  /// Products with fewer multiplications are not worth waking a thread.
  private static final long WORTH_A_FORK = 1 << 18;

  /// What one thread needs.
  private static final class Scratch {
    final float[] widened = new float[KC * COLUMNS];
    final float[] sums = new float[MOST_ROWS * COLUMNS];
  }

  private final WorkerPool pool;
  private final ArrayDeque<Scratch> scratches = new ArrayDeque<>();
  private final WorkerPool.Task packTask = this::packRows;
  private final WorkerPool.Task panelTask = this::panels;
  private float[] packedX = {};

  private @Nullable PackedMatrix w;
  private int m;
  private int k;
  private MemorySegment x = MemorySegment.NULL;
  private long xOffset;
  private int ldx;
  private MemorySegment y = MemorySegment.NULL;
  private long yOffset;
  private int ldy;
  private boolean accumulate;

  /// Rows of the kernel: 1, 2 or 4 read panels, [Lanes#FEW_ROWS] widened blocks.
  private int height;

  private boolean direct;
  private int panelsOfPart;

  DecodeJob(WorkerPool pool) {
    this.pool = pool;
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
    k = w.k();
    this.x = x;
    this.xOffset = xOffset;
    this.ldx = ldx;
    this.y = y;
    this.yOffset = yOffset;
    this.ldy = ldy;
    this.accumulate = accumulate;
    direct = m == 1 || (m <= 4 && w.type() == DType.BF16);
    height = !direct ? FEW_ROWS : m <= 2 ? m : 4;
    boolean alone = (long) m * w.n() * k < WORTH_A_FORK;
    int size = ceil(m, height) * height * (k + 1) + Packing.SLACK;
    if (packedX.length < size) {
      packedX = new float[size];
    }
    forEach(alone || direct, ceil(k, KC), packTask);
    panelsOfPart = 2 * Math.max(1, PART / 2 / w.panelBytes());
    forEach(alone, ceil(w.panels(), panelsOfPart), panelTask);
    this.w = null;
    this.x = MemorySegment.NULL;
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

  /// Packs KC steps of x: a panel of `height` rows after the other.
  private void packRows(int part) {
    int k0 = part * KC;
    int kc = Math.min(KC, k - k0);
    for (int i = 0; i < m; i += height) {
      long start = xOffset + 4 * ((long) i * ldx + k0);
      int o = tile(i, k0, kc);
      if (height == 1) {
        MemorySegment.copy(x, ValueLayout.JAVA_FLOAT_UNALIGNED, start, packedX, o, kc);
      } else {
        Packing.lines(x, start, ldx, Math.min(height, m - i), kc, packedX, o, height);
      }
      Packing.pad(packedX, o, height, kc, -0f);
    }
  }

  /// Where the rows from `i` lie in `packedX`: all tiles of a block of k, then the next block.
  private int tile(int i, int k0, int kc) {
    return ceil(m, height) * height * k0 + i * ((kc + 1) & -2);
  }

  private void panels(int part) {
    PackedMatrix w = this.w;
    if (w == null) {
      throw new IllegalStateException("no product is under way");
    }
    int begin = part * panelsOfPart;
    int end = Math.min(w.panels(), begin + panelsOfPart);
    Scratch own = takeScratch();
    try {
      if (!direct) {
        for (int panel = begin; panel < end; panel++) {
          widened(w, panel, own);
        }
      } else if (height == 4) {
        for (int panel = begin; panel < end; panel++) {
          DecodeBf16x4.run(w.data(), at(w, panel), w.words(), packedX, own.sums, 0);
          store(w, panel, own.sums, 0, 0, m);
        }
      } else {
        for (int panel = begin; panel < end; panel += 2) {
          pair(w, panel, own);
        }
      }
    } finally {
      giveScratch(own);
    }
  }

  private static long at(PackedMatrix w, int panel) {
    return (long) panel * w.panelBytes();
  }

  /// Two panels at once; a last one alone takes both places.
  private void pair(PackedMatrix w, int panel, Scratch own) {
    boolean two = panel + 1 < w.panels();
    int next = two ? w.panelBytes() : 0;
    if (w.type() == DType.F32) {
      DecodeF32x1.run(w.data(), at(w, panel), next, w.words(), packedX, own.sums, 0);
    } else if (height == 1) {
      DecodeBf16x1.run(w.data(), at(w, panel), next, w.words(), packedX, own.sums, 0);
    } else {
      DecodeBf16x2.run(w.data(), at(w, panel), next, w.words(), packedX, own.sums, 0);
    }
    store(w, panel, own.sums, 0, 0, m);
    if (two) {
      store(w, panel + 1, own.sums, height * COLUMNS, 0, m);
    }
  }

  private void widened(PackedMatrix w, int panel, Scratch own) {
    Arrays.fill(own.sums, 0f);
    for (int k0 = 0; k0 < k; k0 += KC) {
      int kc = Math.min(KC, k - k0);
      w.widen(panel * COLUMNS, k0, kc, own.widened, 0);
      for (int i = 0; i < m; i += FEW_ROWS) {
        Lanes.tile(
            FEW_ROWS,
            packedX,
            tile(i, k0, kc),
            own.widened,
            0,
            (kc + 1) & -2,
            own.sums,
            i * COLUMNS);
      }
    }
    for (int i = 0; i < m; i += FEW_ROWS) {
      store(w, panel, own.sums, i * COLUMNS, i, Math.min(FEW_ROWS, m - i));
    }
  }

  private void store(PackedMatrix w, int panel, float[] sums, int so, int row, int rows) {
    int column = panel * COLUMNS;
    long to = yOffset + 4 * ((long) row * ldy + column);
    Tiles.store(sums, so, y, to, 4L * ldy, rows, Math.min(COLUMNS, w.n() - column), accumulate);
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
}
