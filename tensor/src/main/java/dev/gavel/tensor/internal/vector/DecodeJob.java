package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.FEW_ROWS;
import static dev.gavel.tensor.internal.vector.Lanes.WIDE;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One product of few rows with packed weights at a time: bound by the reading of the weights, each
/// of which is read from memory once.
///
/// One row or two go through several panels at once, as streams. More rows are cut into tiles of 4
/// or 8. A single tile widens weights in registers. For more of them a block of a panel is written
/// to L1 widened, and multiplied with all tiles there: the pass that waits for memory is then a
/// short one, of which the processor has many lines under way, and the others do nothing but
/// multiply (1.3 times as fast for 32 rows).
final class DecodeJob {
  private static final int MOST_ROWS = 32;

  private static final int TILE = TiledRows.TILE;

  /// Words of a panel that meet all tiles before the next ones are read: 16 KiB widened.
  private static final int BLOCK = WIDE ? 64 : 128;

  /// In the array of sums: those of a panel, then the widened block.
  private static final int WIDENED = MOST_ROWS * COLUMNS;

  /// Panels that are read at once for a single row.
  private static final int STREAMS = 4;

  /// Bytes of weights of a part.
  private static final int PART = 1 << 18;

  /// Products with fewer multiplications are not worth waking a thread.
  private static final long WORTH_A_FORK = 1 << 18;

  private final WorkerPool pool;
  private final ArrayDeque<Room> rooms = new ArrayDeque<>();
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
    Room room = take();
    try {
      if (m == 1) {
        for (int panel = begin; panel < end; panel += STREAMS) {
          oneRow(w, panel, Math.min(STREAMS, end - panel), room);
        }
      } else if (m == 2) {
        for (int panel = begin; panel < end; panel += 2) {
          twoRows(w, panel, Math.min(2, end - panel), room);
        }
      } else {
        for (int panel = begin; panel < end; panel++) {
          tiles(w, panel, room);
        }
      }
    } finally {
      give(room);
    }
  }

  /// Four panels at once; the last one also takes the places of those that do not exist.
  private void oneRow(PackedMatrix w, int panel, int count, Room room) {
    float[] sums = room.sums;
    MemorySegment a = room.panel(w, panel, 0);
    MemorySegment b = count > 1 ? room.panel(w, panel + 1, 1) : a;
    MemorySegment c = count > 2 ? room.panel(w, panel + 2, 2) : b;
    MemorySegment d = count > 3 ? room.panel(w, panel + 3, 3) : c;
    if (w.type() == DType.BF16) {
      DecodeBf16x1.run(a, b, c, d, w.words(), rows.values(), sums);
    } else {
      DecodeF32x1.run(a, b, c, d, w.words(), rows.values(), sums);
    }
    for (int i = 0; i < count; i++) {
      store(w, panel + i, sums, i * COLUMNS, 0, 1);
    }
  }

  private void twoRows(PackedMatrix w, int panel, int count, Room room) {
    MemorySegment a = room.panel(w, panel, 0);
    MemorySegment b = count > 1 ? room.panel(w, panel + 1, 1) : a;
    DecodeBf16x2.run(a, b, w.words(), rows.values(), room.sums);
    for (int i = 0; i < count; i++) {
      store(w, panel + i, room.sums, 2 * i * COLUMNS, 0, 2);
    }
  }

  private void tiles(PackedMatrix w, int panel, Room room) {
    float[] sums = room.sums;
    MemorySegment words = room.panel(w, panel, 0);
    Arrays.fill(sums, 0, WIDENED, 0f);
    if (rows.tiles() == 1) {
      oneTile(words, w.words(), sums);
    } else {
      for (int t = 0; t < w.words(); t += BLOCK) {
        block(words, t, Math.min(BLOCK, w.words() - t), sums);
      }
    }
    for (int i = 0; i < m; i += TILE) {
      store(w, panel, sums, i * COLUMNS, i, Math.min(TILE, m - i));
    }
  }

  private void oneTile(MemorySegment panel, int words, float[] sums) {
    if (rows.height(0) == 4) {
      DecodeBf16x4.run(panel, 0, words, rows.values(), 0, sums, 0);
    } else {
      DecodeBf16x8.run(panel, 0, words, rows.values(), 0, sums, 0);
    }
  }

  /// Words `t .. t + words - 1` of a panel times all tiles.
  private void block(MemorySegment panel, int t, int words, float[] sums) {
    Widen.pairs(panel, 4 * t * COLUMNS, words, sums, WIDENED);
    Packing.pad(sums, WIDENED, COLUMNS, 2 * words, 0f);
    int steps = Lanes.wholeSteps(2 * words);
    for (int tile = 0; tile < rows.tiles(); tile++) {
      int xo = rows.start(tile) + 2 * t * rows.height(tile);
      int so = tile * TILE * COLUMNS;
      Lanes.tile(FEW_ROWS, rows.values(), xo, sums, WIDENED, steps, sums, so, so);
    }
  }

  private void store(PackedMatrix w, int panel, float[] sums, int so, int row, int rows) {
    int column = panel * COLUMNS;
    long to = yOffset + 4 * ((long) row * ldy + column);
    Tiles.store(sums, so, y, to, 4L * ldy, rows, Math.min(COLUMNS, w.n() - column), accumulate);
  }

  private Room take() {
    synchronized (rooms) {
      Room room = rooms.poll();
      return room == null ? new Room() : room;
    }
  }

  private void give(Room room) {
    synchronized (rooms) {
      rooms.push(room);
    }
  }

  /// What a part works in.
  private static final class Room {
    private final float[] sums = new float[WIDENED + 2 * BLOCK * COLUMNS];

    /// For the panels of borrowed rows.
    private final MemorySegment[] slots = new MemorySegment[STREAMS];

    Room() {
      Arrays.fill(slots, MemorySegment.NULL);
    }

    MemorySegment panel(PackedMatrix w, int i, int slot) {
      if (w.isBorrowed() && slots[slot].byteSize() < w.panelBytes()) {
        slots[slot] = NativeMemory.allocate(Arena.ofAuto(), w.panelBytes());
      }
      return w.panel(i, slots[slot]);
    }
  }
}
