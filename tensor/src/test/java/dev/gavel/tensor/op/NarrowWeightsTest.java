package dev.gavel.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Frozen weights of a narrower type give the very bits of the same weights widened first.
class NarrowWeightsTest {
  /// Rows of x, of w, and columns: below, at and above a panel, a block of k and a fork's worth.
  private static final int[][] SIZES = {
    {1, 1, 1}, {5, 7, 3}, {3, 33, 65}, {17, 64, 192}, {61, 131, 257}, {200, 97, 515}
  };

  private static Device device(String type) {
    return Devices.open("cpu", DType.valueOf(type), 3);
  }

  private static Tensor drawn(Device d, DType type, int stream, long... dims) {
    Shape shape = Shape.of(dims);
    double[] values = new double[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = DType.BF16.round(Rng.uniform(5, stream, i) - 0.5);
    }
    return d.of(type, values, shape);
  }

  @ParameterizedTest
  @CsvSource({"F32, BF16", "F64, BF16", "F64, F32"})
  void productsHaveTheBitsOfTheWidenedWeight(String arithmetic, DType narrow) {
    try (Device d = device(arithmetic)) {
      for (int[] s : SIZES) {
        Tensor x = drawn(d, d.arithmetic(), 1, s[0], s[2]);
        Tensor w = drawn(d, narrow, 2, s[1], s[2]);
        assertSame(x, w, Tensor::matmulT);
        assertSame(x, w, Ops::logits);
        assertSame(x, drawn(d, narrow, 3, s[2], s[1]), Tensor::matmul);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, BF16", "F64, BF16", "F64, F32"})
  void logProbsHaveTheBitsOfTheWidenedWeight(String arithmetic, DType narrow) {
    try (Device d = device(arithmetic)) {
      for (int[] s : SIZES) {
        Tensor h = drawn(d, d.arithmetic(), 1, s[0], s[2]);
        Tensor w = drawn(d, narrow, 2, s[1], s[2]);
        Tensor targets = d.ofInts(new int[s[0]]);
        assertSame(h, w, (x, y) -> Ops.linearLogProb(x, y, targets).values());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"F32, BF16", "F64, BF16", "F64, F32"})
  void rowsOfATableAreWidened(String arithmetic, DType narrow) {
    try (Device d = device(arithmetic)) {
      Tensor table = drawn(d, narrow, 2, 9, 37);
      Tensor ids = d.ofInts(8, 0, 3, 3);
      Tensor rows = Ops.gather(table, ids, d.arithmetic());
      assertThat(rows.dtype()).isEqualTo(d.arithmetic());
      assertThat(rows.toDoubles()).isEqualTo(table.gather(ids).toDoubles());
    }
  }

  /// Forward, and backward to x.
  private static void assertSame(Tensor x, Tensor w, BiFunction<Tensor, Tensor, Tensor> product) {
    List<double[]> narrow = run(x, w, product);
    List<double[]> wide = run(x, w.to(x.dtype()), product);
    for (int i = 0; i < narrow.size(); i++) {
      assertThat(narrow.get(i)).as("%s beside %s", w, x).isEqualTo(wide.get(i));
    }
  }

  private static List<double[]> run(
      Tensor x, Tensor w, BiFunction<Tensor, Tensor, Tensor> product) {
    x.parameter();
    List<double[]> all = new ArrayList<>();
    try (Tape tape = Tape.record()) {
      Tensor y = product.apply(x, w);
      all.add(y.toDoubles());
      tape.backward(y.mul(y).sum(), 1);
    }
    all.add(x.grad().toDoubles());
    x.clearGrad();
    return all;
  }

  @Test
  void aNarrowParameterIsRefused() {
    try (Device d = device("F32")) {
      Tensor x = drawn(d, DType.F32, 1, 3, 8);
      Tensor w = drawn(d, DType.BF16, 2, 5, 8).named("w").parameter();
      assertThatThrownBy(() -> x.matmulT(w))
          .hasMessageContainingAll("matmulNT", "'w'", "BF16", "no gradient", "make it F32");
      assertThatThrownBy(() -> Ops.linearLogProb(x, w, d.ofInts(1, 2, 3)))
          .hasMessageContainingAll("linearLogProb", "'w'", "no gradient");
      assertThatThrownBy(() -> Ops.gather(w, d.ofInts(1), DType.F32))
          .hasMessageContainingAll("gather", "'w'", "no gradient");
      assertThatThrownBy(() -> Ops.matmul(x, true, w, false)).hasMessageContaining("one type");
    }
  }

  @Test
  void aFrozenHeadCostsNoGradient() {
    try (Device d = device("F32")) {
      int vocabulary = 1 << 15;
      Tensor w = d.full(DType.F32, Shape.of(vocabulary, 64), 0.01);
      Tensor h = d.full(DType.F32, Shape.of(2, 64), 0.5).parameter();
      try (Tape tape = Tape.record()) {
        Tensor y = Ops.linearLogProb(h, w, d.ofInts(1, 2)).values().sum();
        long before = d.backend().memory().peak();
        tape.backward(y, 1);
        assertThat(d.backend().memory().peak() - before).isLessThan(w.size());
      }
      assertThat(w.grad()).isNull();
      assertThat(h.grad()).isNotNull();
      h.clearGrad();
    }
  }

  @Test
  void aFrozenHiddenStateCostsNoGradient() {
    for (String type : List.of("F32", "F64")) {
      try (Device d = device(type)) {
        Tensor h = drawn(d, d.arithmetic(), 1, 6, 16);
        Tensor w = drawn(d, d.arithmetic(), 2, 11, 16).parameter();
        double[] alone = gradientOf(d, w, h);
        assertThat(h.grad()).isNull();
        double[] both = gradientOf(d, w, h.parameter());
        assertThat(alone).isEqualTo(both);
      }
    }
  }

  private static double[] gradientOf(Device d, Tensor w, Tensor h) {
    try (Tape tape = Tape.record()) {
      tape.backward(Ops.linearLogProb(h, w, d.ofInts(0, 1, 2, 3, 4, 5)).values().sum(), 1);
    }
    double[] g = w.grad().toDoubles();
    w.clearGrad();
    return g;
  }
}
