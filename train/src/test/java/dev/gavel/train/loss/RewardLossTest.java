package dev.gavel.train.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.Objects;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// The losses of reward models by hand, far from 0 too; [LossGoldenTest] has Bradley-Terry's
/// numbers.
class RewardLossTest {
  private static final double[] SCORES = {-1e4, -30, -0.5, 0, 2, 1e4};

  private static double logistic(double x) {
    return Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  @Test
  void pairLogistic() {
    for (double sign : new double[] {1, -1}) {
      try (Device device = Devices.open("cpu", DType.F64, 1);
          Tape tape = Tape.record()) {
        Tensor score = device.of(SCORES, Shape.of(SCORES.length)).parameter();
        Tensor values =
            new PairLogistic().values(score, device.full(DType.F64, score.shape(), sign));
        tape.backward(values.sum(), 1);
        check(values, Arrays.stream(SCORES).map(s -> logistic(sign * s)).toArray());
        check(
            Objects.requireNonNull(score.grad()),
            Arrays.stream(SCORES).map(s -> -sign * sigmoid(-sign * s)).toArray());
      }
    }
  }

  @Test
  void bradleyTerryIsFiniteFarOut() {
    for (double k : new double[] {0, 0.01}) {
      try (Device device = Devices.open("cpu", DType.F64, 1);
          Tape tape = Tape.record()) {
        Tensor chosen = device.of(SCORES, Shape.of(SCORES.length)).parameter();
        Tensor rejected = device.full(DType.F64, chosen.shape(), 0.25);
        Tensor margin = device.full(DType.F64, chosen.shape(), 1);
        Tensor values = new BradleyTerry(k).values(chosen, rejected, margin);
        tape.backward(values.sum(), 1);
        check(
            values,
            Arrays.stream(SCORES)
                .map(s -> logistic(s - 1.25) + k * (s + 0.25) * (s + 0.25))
                .toArray());
        check(
            Objects.requireNonNull(chosen.grad()),
            Arrays.stream(SCORES).map(s -> -sigmoid(1.25 - s) + 2 * k * (s + 0.25)).toArray());
      }
    }
  }

  @Test
  void aNegativeCoefficientIsRefused() {
    assertThatThrownBy(() -> new BradleyTerry(-1))
        .hasMessage("--center_rewards_coefficient -1.0: must be at least 0");
  }

  private static void check(Tensor found, double[] expected) {
    double[] x = found.toDoubles();
    for (int i = 0; i < expected.length; i++) {
      assertThat(x[i]).isCloseTo(expected[i], Offset.offset(1e-13 * (1 + Math.abs(expected[i]))));
    }
  }
}
