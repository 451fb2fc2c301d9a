package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// Products of at most [#MOST_ROWS] rows of bf16 with weights at rest, which are read once:
/// `few_rows.cu`.
///
/// A row's bits are the same alone and in a batch, in a launch of one matrix and of several.
public final class FewRowsKernel {
  /// Rows of x that are few.
  public static final int MOST_ROWS = 32;

  /// Bytes that the addresses of x and of matrices are multiples of.
  public static final int ALIGNMENT = 16;

  /// Matrices of one launch.
  public static final int MOST_MATRICES = 3;

  /// From so many rows of W on, there is enough for all blocks in taller pieces.
  private static final int TALL = 8192;

  private static final int THREADS = 256;
  private static final int WARPS = THREADS / 32;

  /// Bytes of shared memory that the device takes for each block.
  private static final int RESERVED = 1024;

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

  /// A kernel: for 8 `wide` rows of x, by `tall` times 16 rows of W; as in the source.
  private enum Version {
    NARROW(1, 1, 7),
    NARROW_TALL(1, 2, 5),
    WIDE(4, 1, 4),
    WIDE_TALL(4, 4, 4);

    final String entry;
    final int tall;
    final int sharedBytes;

    /// @param stages of its ring
    Version(int wide, int tall, int stages) {
      this.tall = tall;
      entry = "few_rows_" + wide + "_" + tall;
      sharedBytes = stages * (2 * tall + wide) * THREADS * 16 + WARPS * 8 * wide * 20 * Float.BYTES;
    }

    static Version of(int m, int rows, After after) {
      boolean tall = rows >= TALL || after == After.GATE;
      return m <= 8 ? (tall ? NARROW_TALL : NARROW) : tall ? WIDE_TALL : WIDE;
    }

    /// Pieces of W that blocks work on.
    int units(List<Matrix> matrices, After after) {
      return after == After.GATE
          ? Math.ceilDiv(matrices.getFirst().rows(), 8 * tall)
          : matrices.stream().mapToInt(m -> Math.ceilDiv(m.rows(), 16 * tall)).sum();
    }
  }

  private final Stream stream;
  private final Modules modules;
  private final Map<Version, Kernel> known = new EnumMap<>(Version.class);
  private final int processors;
  private final int shared;

  public FewRowsKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    processors = context.multiprocessors();
    shared = context.sharedMemory();
  }

  /// Whether launches do it: on devices with the shared memory of data centres since Hopper. Else
  /// products and what follows them are launches of their own.
  public boolean takes(int m, int k) {
    return shared >= Version.WIDE_TALL.sharedBytes
        && m >= 1
        && m <= MOST_ROWS
        && k >= 8
        && k % 8 == 0;
  }

  /// Bytes that must be read.
  public static double bytes(int k, List<Matrix> matrices) {
    return 2.0 * k * matrices.stream().mapToLong(Matrix::rows).sum();
  }

  /// @param x address of [m, k], a multiple of [#ALIGNMENT] as those of the matrices are
  /// @param matrices with [After#GATE] gate, which has the result's place, and up
  /// @param residual address of [m, rows], which may be the result; with [After#ADD] only
  public void run(long x, int m, int k, List<Matrix> matrices, After after, long residual) {
    int rows = matrices.stream().mapToInt(Matrix::rows).sum();
    Version v = Version.of(m, rows, after);
    int perProcessor = Math.max(1, (shared + RESERVED) / (v.sharedBytes + RESERVED));
    Kernel kernel =
        known
            .computeIfAbsent(v, w -> modules.kernel("few_rows", w.entry))
            .grid(Math.min(v.units(matrices, after), perProcessor * processors))
            .block(THREADS)
            .shared(v.sharedBytes)
            .arg(x);
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).w : 0L);
    }
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).y : 0L);
    }
    kernel.arg(residual);
    for (int i = 0; i < MOST_MATRICES; i++) {
      kernel.arg(i < matrices.size() ? matrices.get(i).rows : 0);
    }
    kernel.arg(k).arg(m).arg(after.ordinal()).launch(stream);
  }
}
