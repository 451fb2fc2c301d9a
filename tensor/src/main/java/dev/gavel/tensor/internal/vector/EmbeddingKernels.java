package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.I32;

import dev.gavel.tensor.spi.BinaryOp;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// Rows of a table by i32 ids, and the derivative: rows added to the table in a fixed order.
final class EmbeddingKernels {
  private EmbeddingKernels() {}

  /// y[t] = table[ids[t]] for t in `t0 .. t1 - 1`, rows of `c` floats.
  static void gather(
      MemorySegment table,
      long tableOffset,
      int tableRows,
      MemorySegment ids,
      long idsOffset,
      MemorySegment y,
      long yo,
      long t0,
      long t1,
      int c) {
    long bytes = 4L * c;
    for (long t = t0; t < t1; t++) {
      int id = id(ids, idsOffset, t, tableRows);
      MemorySegment.copy(table, tableOffset + id * bytes, y, yo + t * bytes, bytes);
    }
  }

  /// Likewise from a bf16 table.
  static void gatherNarrow(
      MemorySegment table,
      long tableOffset,
      int tableRows,
      MemorySegment ids,
      long idsOffset,
      MemorySegment y,
      long yo,
      long t0,
      long t1,
      int c) {
    for (long t = t0; t < t1; t++) {
      long row = tableOffset + 2L * c * id(ids, idsOffset, t, tableRows);
      CastKernels.bf16ToF32(table, row, y, yo + 4L * t * c, 0, c);
    }
  }

  private static int id(MemorySegment ids, long idsOffset, long t, int tableRows) {
    int id = ids.get(I32, idsOffset + 4 * t);
    if (id < 0 || id >= tableRows) {
      throw new IllegalArgumentException(
          "gather: id %d at position %d, but the table has %d rows".formatted(id, t, tableRows));
    }
    return id;
  }

  /// The positions of each id, ids ascending, positions of an id in their order.
  ///
  /// @param keys id in the high, position in the low half
  /// @param starts where in `keys` the run of each id begins, and one past the last
  record Runs(long[] keys, int[] starts) {

    static Runs of(MemorySegment ids, long idsOffset, int n, int tableRows) {
      long[] keys = new long[n];
      for (int t = 0; t < n; t++) {
        keys[t] = (long) id(ids, idsOffset, t, tableRows) << 32 | t;
      }
      Arrays.sort(keys);
      int[] starts = new int[n + 1];
      int runs = 0;
      for (int i = 0; i < n; i++) {
        if (i == 0 || keys[i] >>> 32 != keys[i - 1] >>> 32) {
          starts[runs++] = i;
        }
      }
      starts[runs] = n;
      return new Runs(keys, Arrays.copyOf(starts, runs + 1));
    }

    /// Number of distinct ids.
    int count() {
      return starts.length - 1;
    }
  }

  /// table[id] += gy[t] for the runs `from .. to - 1`: a row's additions happen in the order of t,
  /// whatever runs are done by whom.
  static void scatterAdd(
      Runs runs,
      MemorySegment gy,
      long go,
      MemorySegment table,
      long tableOffset,
      int from,
      int to,
      int c) {
    long bytes = 4L * c;
    for (int i = runs.starts[from]; i < runs.starts[to]; i++) {
      long row = tableOffset + (runs.keys[i] >>> 32) * bytes;
      long source = go + (int) runs.keys[i] * bytes;
      BinaryKernels.same(BinaryOp.ADD, table, row, gy, source, table, row, 0, c);
    }
  }
}
