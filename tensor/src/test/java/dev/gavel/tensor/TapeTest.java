package dev.gavel.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.op.Ops;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class TapeTest {
  private static final double[] X = {0.3, -1.2, 0.8, 2.0, -0.5, 1.1};

  private static Tensor block(Tensor x, Tensor w) {
    return Ops.swiGlu(x.matmulT(w), x.mul(2)).add(x);
  }

  private static double[] grad(Tensor x) {
    return Objects.requireNonNull(x.grad()).toDoubles();
  }

  @Test
  void aCheckpointedBlockHasTheSameGradients() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      double[][] plain = gradients(device, false);
      double[][] checkpointed = gradients(device, true);
      assertThat(checkpointed[0]).isEqualTo(plain[0]);
      assertThat(checkpointed[1]).isEqualTo(plain[1]);
    }
  }

  private static double[][] gradients(Device device, boolean checkpoint) {
    Tensor x = device.of(X, Shape.of(2, 3)).parameter();
    Tensor w = device.of(new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, Shape.of(3, 3)).parameter();
    try (Tape tape = Tape.record()) {
      Tensor h = x.mul(0.5);
      for (int i = 0; i < 3; i++) {
        h = checkpoint ? Tape.checkpoint(t -> block(t, w), h) : block(h, w);
      }
      tape.backward(h.square().mean(), 1);
    }
    return new double[][] {grad(x), grad(w)};
  }

  @Test
  void aTensorUsedTwiceGetsBothGradients() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      Tensor x = device.of(X, Shape.of(6)).parameter();
      try (Tape tape = Tape.record()) {
        Tensor y = x.add(x).mul(x.mul(1));
        tape.backward(y.sum(), 1);
      }
      for (int i = 0; i < X.length; i++) {
        assertThat(grad(x)[i]).isEqualTo(4 * X[i]);
      }
    }
  }

  @Test
  void aCheckpointedBlockTrainsWhereItsInputIsFrozen() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      Tensor x = device.of(X, Shape.of(6));
      Tensor w = device.of(X, Shape.of(6)).parameter();
      try (Tape tape = Tape.record()) {
        tape.backward(Tape.checkpoint(t -> t.mul(w).silu(), x).sum(), 1);
      }
      double[] checkpointed = grad(w);
      w.clearGrad();
      try (Tape tape = Tape.record()) {
        tape.backward(x.mul(w).silu().sum(), 1);
      }
      assertThat(checkpointed).isEqualTo(grad(w));
    }
  }

  @Test
  void whatATapeOwnsIsGoneAfterItsEndAndSaysSo() {
    try (Device device = Devices.open("cpu", DType.F64, 1)) {
      Tensor x = device.of(X, Shape.of(6)).parameter();
      Tensor y;
      try (Tape tape = Tape.record()) {
        y = x.mul(2).named("y");
      }
      assertThatThrownBy(y::toDoubles).hasMessageContaining("'y'").hasMessageContaining("scope");
    }
  }

  @Test
  void nothingLeaks() {
    try (Device device = Devices.open("cpu", DType.F64, 1)) {
      Tensor x = device.of(X, Shape.of(2, 3)).parameter();
      long before = device.backend().memory().current();
      try (Tape tape = Tape.record()) {
        Tensor h = Tape.checkpoint(t -> t.silu().mul(t), x.mul(3));
        tape.backward(h.sum(), 1);
      }
      x.clearGrad();
      assertThat(device.backend().memory().current()).isEqualTo(before);
    }
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      Tensor a = device.zeros(DType.F64, Shape.of(8, 4));
      Tensor b = device.zeros(DType.F64, Shape.of(11, 4));
      assertThatThrownBy(() -> a.matmul(b))
          .hasMessage(
              "matmulNN: F64[8, 4] x F64[11, 4]; inner sizes differ; did you mean matmulT (x w^T)?");
    }
  }
}
