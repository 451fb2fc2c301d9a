package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The few rows of x of a [DecodeJob], packed in tiles as the micro-kernels read them: one step of
/// k after the other, in each the values of the tile's rows.
///
/// Tiles may be packed by several threads at once, in any order: what the packing of one writes
/// behind its end ([Packing#SLACK]) is its own.
final class TiledRows {
  /// Rows of a tile for the registers of this machine.
  static final int TILE = Lanes.FEW_ROWS;

  private float[] values = {};
  private int m;
  private int k;
  private MemorySegment x = MemorySegment.NULL;
  private long offset;
  private int ldx;

  /// The `m` rows of `k` values to be packed, and room for them.
  void set(int m, int k, MemorySegment x, long offset, int ldx) {
    this.m = m;
    this.k = k;
    this.x = x;
    this.offset = offset;
    this.ldx = ldx;
    int size = tiles() * stride();
    if (values.length < size) {
      values = new float[size];
    }
  }

  void clear() {
    x = MemorySegment.NULL;
  }

  int tiles() {
    return ceil(m, TILE);
  }

  /// Rows of the kernel for a tile; those behind row `m - 1` hold anything.
  int height(int tile) {
    return m <= 2 ? m : m <= 4 ? 4 : TILE;
  }

  /// Index of a tile's first value in [#values].
  int start(int tile) {
    return tile * stride();
  }

  float[] values() {
    return values;
  }

  private int stride() {
    return TILE * Lanes.wholeSteps(k) + Packing.SLACK;
  }

  void pack(int tile) {
    int row = tile * TILE;
    int height = height(tile);
    int o = start(tile);
    long from = offset + 4L * row * ldx;
    if (height == 1) {
      MemorySegment.copy(x, ValueLayout.JAVA_FLOAT_UNALIGNED, from, values, o, k);
    } else {
      Packing.lines(x, from, ldx, Math.min(height, m - row), k, values, o, height);
    }
    Packing.pad(values, o, height, k, -0f);
  }
}
