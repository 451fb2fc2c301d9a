package dev.gavel.cuda.kernels;

/// Sizes of launches.
final class Grid {
  private Grid() {}

  /// Blocks that cover `count` things, `each` in a block.
  static int blocks(long count, int each) {
    return Math.toIntExact(Math.ceilDiv(count, each));
  }

  /// The same, but at most `most`: kernels that walk over what is left.
  static int blocks(long count, int each, int most) {
    return (int) Math.min(Math.ceilDiv(count, each), most);
  }
}
