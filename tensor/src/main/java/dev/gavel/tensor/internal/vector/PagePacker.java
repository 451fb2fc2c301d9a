package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.AttentionProducts.KEYS;

import java.lang.foreign.MemorySegment;

/// Writes keys and values into pages of [AttentionTile]: the keys of a head transposed,
/// float[D][64], its values as they are, float[64][D]. One object per thread.
final class PagePacker {
  private final float[] keys;
  private final int d;

  /// @param d head size
  PagePacker(int d) {
    this.d = d;
    keys = new float[d * KEYS];
  }

  boolean fits(int d) {
    return d == this.d;
  }

  /// Stores the keys and values of `count` tokens of one head in the slots `slot ..` of a page and
  /// leaves its other slots as they are.
  ///
  /// @param k key of the first token at byte `from`, `d` floats
  /// @param v value of the first token at byte `from`
  /// @param stride bytes from one token to the next
  /// @param ko byte of the page's keys
  /// @param vo byte of the page's values
  void put(
      MemorySegment k,
      MemorySegment v,
      long from,
      long stride,
      int count,
      MemorySegment pages,
      long ko,
      long vo,
      int slot) {
    if (slot < 0 || count < 0 || slot + count > KEYS) {
      throw new IllegalArgumentException(
          "slots %d to %d are not in a page of %d positions"
              .formatted(slot, slot + count - 1, KEYS));
    }
    AttentionProducts.transpose(k, from, stride, count, d, keys, 0, KEYS);
    for (int p = 0; p < d; p++) {
      long to = ko + 4L * (p * KEYS + slot);
      MemorySegment.copy(keys, p * KEYS, pages, Lanes.F32, to, count);
    }
    for (int i = 0; i < count; i++) {
      long to = vo + 4L * (slot + i) * d;
      MemorySegment.copy(v, from + i * stride, pages, to, 4L * d);
    }
  }
}
