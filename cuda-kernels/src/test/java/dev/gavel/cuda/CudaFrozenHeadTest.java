package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Log-probabilities where the head, or what it reads, is frozen: the other gradient has the bits
/// that it has beside a trained one.
class CudaFrozenHeadTest extends EmulatorTest {
  private static Tensor drawn(Device d, DType type, int stream, long... dims) {
    Shape shape = Shape.of(dims);
    double[] values = new double[(int) shape.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = DType.BF16.round(Rng.uniform(5, stream, i) - 0.5);
    }
    return d.of(type, values, shape);
  }

  @Test
  void theOtherGradientIsTheSame() {
    for (DType type : List.of(DType.F32, DType.BF16)) {
      try (Device d = Emulated.device(type)) {
        Tensor h = drawn(d, type, 1, 5, 16);
        Tensor w = drawn(d, type, 2, 33, 16);
        backward(d, h.parameter(), w);
        double[] alone = h.grad().toDoubles();
        assertThat(w.grad()).isNull();
        h.clearGrad();
        backward(d, h, w.parameter());
        assertThat(alone).isEqualTo(h.grad().toDoubles());
        double[] both = w.grad().toDoubles();
        w.clearGrad();
        backward(d, drawn(d, type, 1, 5, 16), w);
        assertThat(w.grad().toDoubles()).isEqualTo(both);
      }
    }
  }

  /// The device widens a copy.
  @Test
  void aNarrowHeadIsWidened() {
    try (Device d = Emulated.device(DType.F32)) {
      Tensor w = drawn(d, DType.BF16, 2, 33, 16);
      Tensor h = drawn(d, DType.F32, 1, 5, 16).parameter();
      double[] narrow = backward(d, h, w);
      double[] gradient = h.grad().toDoubles();
      h.clearGrad();
      assertThat(backward(d, h, w.to(DType.F32))).isEqualTo(narrow);
      assertThat(h.grad().toDoubles()).isEqualTo(gradient);
    }
  }

  private static double[] backward(Device d, Tensor h, Tensor w) {
    try (Tape tape = Tape.record()) {
      Tensor y = Ops.linearLogProb(h, w, d.ofInts(0, 32, 2, 3, 4)).values();
      tape.backward(y.sum(), 1);
      return y.toDoubles();
    }
  }
}
