package dev.gavel.train.loss;

import dev.gavel.tensor.Tensor;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Pairing two lists by rank, as one-dimensional optimal transport does.
final class Ranks {
  private Ranks() {}

  /// The elements of `b` in an order in which each has the rank of its neighbour in `a`: of equal
  /// ones the earlier ranks lower. The order is a constant, the gradient goes to the elements.
  static Tensor matched(Tensor b, Tensor a) {
    int[] orderOfA = order(a.toDoubles());
    int[] orderOfB = order(b.toDoubles());
    int[] ids = new int[orderOfA.length];
    for (int rank = 0; rank < ids.length; rank++) {
      ids[orderOfA[rank]] = orderOfB[rank];
    }
    return b.gather(b.device().ofInts(ids));
  }

  private static int[] order(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> values[i]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
