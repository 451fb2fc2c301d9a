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
/// or across the stored rows ([#rowsOfA], [#rowsOfB]: a copy). The micro-kernels take two steps at
/// a time: an odd last one is followed by a step of -0 (A) or 0 (B), whose product, -0, changes no
/// sum. Lines that do not exist are left as they are: their results are never used.
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
    int whole = L >= 8 && ld < 1 << 25 ? kc & -8 : 0;
    // Groups of 8 from the last to the first: one that sticks out of the panel is overwritten by
    // the
    // next, or, when it is the only one, by its own next step.
    for (int g = (count - 1) & -8; whole > 0 && g >= 0; g -= 8) {
      int last = Math.min(8, count - g) - 1;
      Transpose.lines8(s, start + 4L * g * ld, 4 * ld, last, whole, dst, o + g, width);
    }
    for (int i = 0; i < count && whole < kc; i++) {
      long q = start + 4L * i * ld;
      for (int p = whole; p < kc; p++) {
        dst[o + p * width + i] = s.get(F32, q + 4L * p);
      }
    }
  }

  /// Appends the step that makes an odd `kc` even.
  static void pad(float[] dst, int o, int width, int kc, float value) {
    if ((kc & 1) != 0) {
      Arrays.fill(dst, o + kc * width, o + (kc + 1) * width, value);
    }
  }

  /// `panels` whole panels of [Lanes#COLUMNS] columns, `kc` stored rows. Each row is used up in one
  /// visit, so that whole cache lines and pages are. (A method for each width: as a constant it
  /// lets C2 unroll the inner loop away.)
  static void rowsOfB(
      MemorySegment s, long start, int ld, int kc, float[] dst, int o, int panels, int stride) {
    for (int p = 0; p < kc; p++) {
      long q = start + 4L * p * ld;
      for (int j = 0, w = o + p * COLUMNS; j < panels; j++, w += stride, q += 8 * L) {
        FloatVector.fromMemorySegment(F, s, q, LE).intoArray(dst, w);
        FloatVector.fromMemorySegment(F, s, q + 4 * L, LE).intoArray(dst, w + L);
      }
    }
  }

  /// Two overlapping vectors make a row of a panel of A: 8 + 8 for 14, 4 + 4 for 6.
  private static final VectorSpecies<Float> A =
      ROWS == 14 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;

  private static final int REST = ROWS - A.length();

  /// `panels` whole panels of [Lanes#ROWS] rows of A, `kc` stored rows.
  static void rowsOfA(
      MemorySegment s, long start, int ld, int kc, float[] dst, int o, int panels, int stride) {
    for (int p = 0; p < kc; p++) {
      long q = start + 4L * p * ld;
      for (int j = 0, w = o + p * ROWS; j < panels; j++, w += stride, q += 4 * ROWS) {
        FloatVector.fromMemorySegment(A, s, q, LE).intoArray(dst, w);
        FloatVector.fromMemorySegment(A, s, q + 4 * REST, LE).intoArray(dst, w + REST);
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
