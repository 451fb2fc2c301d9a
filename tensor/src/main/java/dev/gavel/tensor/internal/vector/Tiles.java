package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/// Moves finished tiles of sums to a matrix. Not in the micro-kernels: with the segment accesses
/// they would be too large for C1.
final class Tiles {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  private Tiles() {}

  /// `rows` rows of `columns` sums from `t` become a part of `c` or are added to it.
  ///
  /// @param at byte of the first element in `c`
  /// @param row bytes from one row of `c` to the next
  static void store(
      float[] sums,
      int t,
      MemorySegment c,
      long at,
      long row,
      int rows,
      int columns,
      boolean accumulate) {
    if (columns < COLUMNS) {
      storePart(sums, t, c, at, row, rows, columns, accumulate);
    } else if (accumulate) {
      for (int i = 0; i < rows; i++, at += row, t += COLUMNS) {
        FloatVector x = FloatVector.fromMemorySegment(F, c, at, LE);
        FloatVector y = FloatVector.fromMemorySegment(F, c, at + 4 * L, LE);
        x.add(FloatVector.fromArray(F, sums, t)).intoMemorySegment(c, at, LE);
        y.add(FloatVector.fromArray(F, sums, t + L)).intoMemorySegment(c, at + 4 * L, LE);
      }
    } else {
      for (int i = 0; i < rows; i++, at += row, t += COLUMNS) {
        FloatVector.fromArray(F, sums, t).intoMemorySegment(c, at, LE);
        FloatVector.fromArray(F, sums, t + L).intoMemorySegment(c, at + 4 * L, LE);
      }
    }
  }

  private static void storePart(
      float[] sums,
      int t,
      MemorySegment c,
      long at,
      long row,
      int rows,
      int columns,
      boolean accumulate) {
    for (int i = 0; i < rows; i++, at += row, t += COLUMNS) {
      for (int j = 0; j < columns; j++) {
        long q = at + 4L * j;
        c.set(F32, q, accumulate ? c.get(F32, q) + sums[t + j] : sums[t + j]);
      }
    }
  }
}
