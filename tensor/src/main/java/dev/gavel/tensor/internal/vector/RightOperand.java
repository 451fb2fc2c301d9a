package dev.gavel.tensor.internal.vector;

/// The right operand of a product, wherever it lies.
interface RightOperand {
  /// Writes rows `k0..k0+kc-1` and columns `j0..j0+nc-1` as panels of [Lanes#COLUMNS] columns, the
  /// first at `o`, each `stride` values after the one before; `j0` is a multiple of the panel's
  /// width. The end of k is filled up to whole [Lanes#STEPS] with zeros.
  void pack(int k0, int kc, int j0, int nc, float[] dst, int o, int stride);
}
