package dev.gavel.llama;

import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// The k largest values of a row, largest first, of equal ones the lower index first. Reused from
/// row to row.
final class Best {
  private final int[] ids;
  private final double[] values;
  private int size;

  Best(int k) {
    ids = new int[k];
    values = new double[k];
  }

  /// @param row `count` values of `type`, f32 or f64; what is not a number is never chosen, and
  ///   where too few remain the rest has index 0 and is not a number
  void select(MemorySegment row, DType type, int count) {
    size = 0;
    for (int i = 0; i < count; i++) {
      double x =
          type == DType.F64
              ? row.getAtIndex(ValueLayout.JAVA_DOUBLE, i)
              : row.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      if (size < ids.length ? !Double.isNaN(x) : x > values[size - 1]) {
        insert(i, x);
      }
    }
    Arrays.fill(ids, size, ids.length, 0);
    Arrays.fill(values, size, ids.length, Double.NaN);
  }

  private void insert(int id, double x) {
    int at = size < ids.length ? size++ : size - 1;
    for (; at > 0 && values[at - 1] < x; at--) {
      values[at] = values[at - 1];
      ids[at] = ids[at - 1];
    }
    values[at] = x;
    ids[at] = id;
  }

  int[] ids() {
    return ids.clone();
  }

  double[] values() {
    return values.clone();
  }
}
