package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import java.util.List;

/// Products of at most [#MOST_ROWS] rows of bf16 with weights at rest, which are read once:
/// `few_rows.cu`.
///
/// A row's bits are the same alone and in a batch, in a launch of one matrix and of several.
public final class FewRowsKernel {
  /// Rows of x that are few.
  public static final int MOST_ROWS = 32;

  /// Matrices of one launch.
  public static final int MOST_MATRICES = 3;

  /// From so many rows on, a matrix occupies a device without its columns being cut in parts.
  private static final int TALL = 8192;

  private static final int PARTS = 4;
  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;

  /// What becomes of a sum; as in the source.
  public enum After {
    /// It is rounded to bf16.
    ROUND,
    /// So it is, and the residual is added.
    ADD,
    /// Two of them, rounded, are gate and up of a gated activation.
    GATE,
    /// It stays in f32.
    WIDEN
  }

  /// @param w address of [rows, K]
  /// @param y address of [M, rows]
  public record Matrix(long w, long y, int rows) {}

  /// A kernel: for 8 `wide` rows of x, `tall` tiles of 16 rows of W, `parts` of the columns in one
  /// block.
  ///
  /// @param stages of its ring
  private record Version(int wide, int tall, int parts, int stages) {
    String entry() {
      return "few_rows_" + wide + "_" + tall + "_" + parts;
    }

    int sharedBytes() {
      return stages * (2 * tall + wide) * THREADS * 16
          + parts * WARPS * 8 * wide * 20 * Float.BYTES;
    }

    /// Groups of rows of W that blocks work on.
    int groups(List<Matrix> matrices, After after) {
      return after == After.GATE
          ? Math.ceilDiv(matrices.getFirst().rows(), 8 * tall)
          : matrices.stream().mapToInt(m -> Math.ceilDiv(m.rows(), 16 * tall)).sum();
    }
  }

  private static final Version SHORT = new Version(1, 1, 4, 7);
  private static final Version ONE = new Version(1, 2, 1, 5);
  private static final Version TWO = new Version(2, 4, 1, 4);
  private static final Version TWO_TALL = new Version(2, 8, 1, 3);
  private static final Version FOUR = new Version(4, 4, 1, 4);
  private static final Version FOUR_TALL = new Version(4, 8, 1, 2);

  private final Stream stream;
  private final Modules modules;
  private final int processors;

  public FewRowsKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    processors = context.multiprocessors();
  }

  /// Whether a launch does it: else products and what follows them are launches of their own.
  ///
  /// @param rows of each matrix
  public static boolean takes(int m, int k, int... rows) {
    boolean alike = true;
    for (int n : rows) {
      alike &= n > 0 && parts(n) == parts(rows[0]);
    }
    return alike
        && rows.length <= MOST_MATRICES
        && m >= 1
        && m <= MOST_ROWS
        && k >= 8
        && k % 8 == 0;
  }

  private static int parts(int rows) {
    return rows < TALL ? PARTS : 1;
  }

  private static Version version(int m, After after, int parts) {
    if (m <= 8) {
      return parts == PARTS && after != After.GATE ? SHORT : ONE;
    }
    if (m <= 16) {
      return parts == PARTS ? TWO : TWO_TALL;
    }
    return parts == PARTS ? FOUR : FOUR_TALL;
  }

  /// Bytes that must be read.
  public static double bytes(int k, List<Matrix> matrices) {
    return 2.0 * k * matrices.stream().mapToLong(Matrix::rows).sum();
  }

  /// What a launch needs beside its operands: device memory for sums of parts of the columns, and
  /// words of 0, which it leaves so.
  public record Room(long scratchBytes, int words) {}

  public static Room room(int m, List<Matrix> matrices, After after) {
    int parts = parts(matrices.getFirst().rows());
    Version v = version(m, after, parts);
    int groups = v.groups(matrices, after);
    return v.parts == parts
        ? new Room(0, 0)
        : new Room((long) groups * parts * v.tall * 16 * 8 * v.wide * Float.BYTES, groups);
  }

  /// @param x address of [m, k], aligned to 16 bytes as is all else
  /// @param matrices with [After#GATE] gate, which has the result's place, and up
  /// @param residual address of [m, rows], which may be the result; with [After#ADD] only
  /// @param scratch address of [Room#scratchBytes], or 0 where that is 0
  /// @param zeros address of [Room#words], or 0
  public void run(
      long x,
      int m,
      int k,
      List<Matrix> matrices,
      After after,
      long residual,
      long scratch,
      long zeros) {
    int parts = parts(matrices.getFirst().rows());
    Version v = version(m, after, parts);
    int splits = parts / v.parts;
    int units = v.groups(matrices, after) * splits;
    int perProcessor = Math.max(1, (227 << 10) / (v.sharedBytes() + 2048));
    Kernel kernel =
        modules
            .kernel("few_rows", v.entry())
            .grid(Math.min(units, perProcessor * processors))
            .block(THREADS)
            .shared(v.sharedBytes())
            .arg(x);
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).w : 0L);
    }
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).y : 0L);
    }
    kernel.arg(residual).arg(scratch).arg(zeros);
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).rows : 0);
    }
    kernel.arg(k).arg(m).arg(splits).arg(after.ordinal()).launch(stream);
  }
}
