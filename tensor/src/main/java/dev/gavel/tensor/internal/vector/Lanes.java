package dev.gavel.tensor.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The vector width of this machine and what follows from it.
///
/// No result depends on any of these: they choose registers and caches, not orders of sums.
final class Lanes {
  /// The preferred species, but at most 512 bits.
  static final VectorSpecies<Float> F =
      FloatVector.SPECIES_PREFERRED.length() > 16
          ? FloatVector.SPECIES_512
          : FloatVector.SPECIES_PREFERRED;

  static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());

  /// Floats in a vector.
  static final int L = F.length();

  /// 32 registers of 512 bits rather than 16 of at most 256.
  static final boolean WIDE = L == 16;

  /// Rows of the large micro-kernel.
  static final int ROWS = WIDE ? 14 : 6;

  /// Rows of the small micro-kernel; divides 32.
  static final int FEW_ROWS = WIDE ? 8 : 4;

  /// Columns of every micro-kernel, and of a panel of B.
  static final int COLUMNS = 2 * L;

  private Lanes() {}

  /// Adds `k` (even) steps to a tile of `rows` ([#ROWS] or [#FEW_ROWS]) by [#COLUMNS] sums.
  static void tile(int rows, float[] a, int ao, float[] b, int bo, int k, float[] c, int co) {
    if (WIDE) {
      if (rows == 14) {
        Kernel14x2.run(a, ao, b, bo, k, c, co);
      } else {
        Kernel8x2.run(a, ao, b, bo, k, c, co);
      }
    } else if (rows == 6) {
      Kernel6x2.run(a, ao, b, bo, k, c, co);
    } else {
      Kernel4x2.run(a, ao, b, bo, k, c, co);
    }
  }

  static int ceil(int x, int by) {
    return (x + by - 1) / by;
  }
}
