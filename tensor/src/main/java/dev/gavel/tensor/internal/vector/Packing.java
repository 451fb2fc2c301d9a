package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.ROWS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Copies blocks of a row-major f32 matrix into panels: `width` lines side by side, one step of k
/// after the other (`dst[o + step * width + line]`), as the micro-kernels read them.
///
/// A line is a row of A or a column of B. It lies either along a stored row ([#lines]: a transpose)
/// or across the stored rows ([#rowsOfA], [#rowsOfB]: a copy). The micro-kernels take [Lanes#STEPS]
/// steps at a time: the last ones are filled up with steps of -0 (A) and 0 (B), whose product, -0,
/// changes no sum. Lines that do not exist are left as they are: their results are never used.
final class Packing {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

  /// What a store of 8 lanes may write behind the end of a panel of A.
  static final int SLACK = 16;

  private Packing() {}

  /// `count` stored rows from `start` (bytes), `kc` values of each, transposed into a panel.
  ///
  /// @param ld values from one stored row to the next
  static void lines(
      MemorySegment s, long start, int ld, int count, int kc, float[] dst, int o, int width) {
    int whole = L >= 8 ? kc & -8 : 0;
    // Groups of 8 from the last to the first: one that sticks out of the panel is overwritten by
    // the
    // next, or, when it is the only one, by its own next step.
    for (int g = (count - 1) & -8; whole > 0 && g >= 0; g -= 8) {
      int last = Math.min(8, count - g) - 1;
      Transpose.lines8(s, start + 4L * g * ld, 4L * ld, last, whole, dst, o + g, width);
    }
    for (int i = 0; i < count && whole < kc; i++) {
      long q = start + 4L * i * ld;
      for (int p = whole; p < kc; p++) {
        dst[o + p * width + i] = s.get(F32, q + 4L * p);
      }
    }
  }

  /// Appends the steps that fill up the last [Lanes#STEPS].
  static void pad(float[] dst, int o, int width, int kc, float value) {
    Arrays.fill(dst, o + kc * width, o + Lanes.wholeSteps(kc) * width, value);
  }

  /// `panels` whole panels of [Lanes#COLUMNS] columns, `kc` stored rows. Each row is used up in one
  /// visit, so that whole cache lines and pages are, and four rows are visited together: more of
  /// their cache misses are under way at once, and what is written is four times as long.
  static void rowsOfB(
      MemorySegment s, long start, int ld, int kc, float[] dst, int o, int panels, int stride) {
    int p = 0;
    for (; p + 4 <= kc && ld < 1 << 26; p += 4) {
      fourRowsOfB(s, start + 4L * p * ld, 4 * ld, dst, o + p * COLUMNS, panels, stride);
    }
    for (; p < kc; p++) {
      oneRow(s, start + 4L * p * ld, dst, o + p * COLUMNS, panels, stride, COLUMNS);
    }
  }

  private static void fourRowsOfB(
      MemorySegment s, long start, int row, float[] dst, int o, int panels, int stride) {
    MemorySegment m = s.asSlice(start, 3L * row + 8L * L * panels);
    int q = 0;
    for (int j = 0, w = o; j < panels; j++, w += stride, q += 8 * L) {
      FloatVector a = FloatVector.fromMemorySegment(F, m, q, LE);
      FloatVector b = FloatVector.fromMemorySegment(F, m, q + 4 * L, LE);
      FloatVector c = FloatVector.fromMemorySegment(F, m, q + row, LE);
      FloatVector d = FloatVector.fromMemorySegment(F, m, q + row + 4 * L, LE);
      FloatVector e = FloatVector.fromMemorySegment(F, m, q + 2 * row, LE);
      FloatVector f = FloatVector.fromMemorySegment(F, m, q + 2 * row + 4 * L, LE);
      FloatVector g = FloatVector.fromMemorySegment(F, m, q + 3 * row, LE);
      FloatVector h = FloatVector.fromMemorySegment(F, m, q + 3 * row + 4 * L, LE);
      a.intoArray(dst, w);
      b.intoArray(dst, w + L);
      c.intoArray(dst, w + 2 * L);
      d.intoArray(dst, w + 3 * L);
      e.intoArray(dst, w + 4 * L);
      f.intoArray(dst, w + 5 * L);
      g.intoArray(dst, w + 6 * L);
      h.intoArray(dst, w + 7 * L);
    }
  }

  /// `panels` whole panels of [Lanes#ROWS] rows of A, `kc` stored rows; as [#rowsOfB].
  ///
  /// A vector is longer than a step of a panel: what it writes too much is overwritten by the next
  /// step, at the end of the panel it goes into the slack. What it reads too much lies in the next
  /// panel, so the last one is copied by narrower vectors.
  static void rowsOfA(
      MemorySegment s, long start, int ld, int kc, float[] dst, int o, int panels, int stride) {
    int wide = L >= ROWS ? Math.max(0, panels - 1) : 0;
    int p = 0;
    for (; p + 4 <= kc && ld < 1 << 26; p += 4) {
      long q = start + 4L * p * ld;
      int w = o + p * ROWS;
      if (wide > 0) {
        fourRowsOfA(s, q, 4 * ld, dst, w, wide, stride);
      }
      for (int j = wide; j < panels; j++) {
        fourSteps(s, q + 4L * j * ROWS, 4 * ld, dst, w + j * stride);
      }
    }
    for (; p < kc; p++) {
      oneRow(s, start + 4L * p * ld, dst, o + p * ROWS, panels, stride, ROWS);
    }
  }

  private static void fourRowsOfA(
      MemorySegment s, long start, int row, float[] dst, int o, int panels, int stride) {
    MemorySegment m = s.asSlice(start, 3L * row + 4L * ROWS * (panels - 1) + 4 * L);
    int q = 0;
    for (int j = 0, w = o; j < panels; j++, w += stride, q += 4 * ROWS) {
      FloatVector a = FloatVector.fromMemorySegment(F, m, q, LE);
      FloatVector b = FloatVector.fromMemorySegment(F, m, q + row, LE);
      FloatVector c = FloatVector.fromMemorySegment(F, m, q + 2 * row, LE);
      FloatVector d = FloatVector.fromMemorySegment(F, m, q + 3 * row, LE);
      a.intoArray(dst, w);
      b.intoArray(dst, w + ROWS);
      c.intoArray(dst, w + 2 * ROWS);
      d.intoArray(dst, w + 3 * ROWS);
    }
  }

  /// Two overlapping vectors make a step of a panel of A: 8 + 8 for 14, 4 + 4 for 6.
  private static final VectorSpecies<Float> A =
      ROWS == 14 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;

  private static final int REST = ROWS - A.length();

  /// Four steps of one panel of A, nothing read or written but these.
  private static void fourSteps(MemorySegment s, long start, int row, float[] dst, int w) {
    MemorySegment m = s.asSlice(start, 3L * row + 4L * ROWS);
    for (int i = 0, q = 0; i < 4; i++, q += row, w += ROWS) {
      FloatVector a = FloatVector.fromMemorySegment(A, m, q, LE);
      FloatVector b = FloatVector.fromMemorySegment(A, m, q + 4 * REST, LE);
      a.intoArray(dst, w);
      b.intoArray(dst, w + REST);
    }
  }

  /// One stored row, `panels` whole panels.
  private static void oneRow(
      MemorySegment s, long q, float[] dst, int w, int panels, int stride, int width) {
    for (int j = 0; j < panels; j++, w += stride, q += 4L * width) {
      for (int i = 0; i < width; i++) {
        dst[w + i] = s.get(F32, q + 4L * i);
      }
    }
  }

  /// The first `count` lines of one panel, `kc` stored rows.
  static void rows(
      MemorySegment s, long start, int ld, int count, int kc, float[] dst, int o, int width) {
    int vectors = count / L * L;
    for (int p = 0; p < kc; p++) {
      long q = start + 4L * p * ld;
      int w = o + p * width;
      for (int i = 0; i < vectors; i += L) {
        FloatVector.fromMemorySegment(F, s, q + 4L * i, LE).intoArray(dst, w + i);
      }
      for (int i = vectors; i < count; i++) {
        dst[w + i] = s.get(F32, q + 4L * i);
      }
    }
  }
}
