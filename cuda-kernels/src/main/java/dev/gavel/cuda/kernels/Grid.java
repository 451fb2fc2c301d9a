package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;

/// Sizes of launches.
final class Grid {
  /// Threads of a block where nothing speaks for another number.
  static final int THREADS = 256;

  private Grid() {}

  /// Blocks that cover `count` things, `each` in a block.
  static int blocks(long count, int each) {
    return Math.toIntExact(Math.ceilDiv(count, each));
  }

  /// The same, but at most `most`: kernels that walk over what is left.
  static int blocks(long count, int each, int most) {
    return (int) Math.min(Math.ceilDiv(count, each), most);
  }

  /// Blocks of [#THREADS] that go through `n` elements once, `depth` times 16 bytes a thread.
  static int stream(DType type, long n, int depth) {
    return blocks(n, THREADS * depth * (16 / type.bytes()), Integer.MAX_VALUE);
  }

  /// Threads for a row of `columns`, 32 bytes each, whole warps, at most `most`.
  static int threads(DType type, long columns, int most) {
    return 32 * Math.clamp(Math.ceilDiv(columns * type.bytes(), 32 * 32), 1, most / 32);
  }
}
