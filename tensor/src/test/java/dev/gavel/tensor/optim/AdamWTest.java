package dev.gavel.tensor.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// bf16 parameters: a master in f32 takes the steps, the parameter is its rounded copy.
class AdamWTest {
  private static final AdamW.Options OPTIONS = new AdamW.Options(0.9, 0.999, 1e-8, 0.1);
  private static final int N = 37;

  @ParameterizedTest
  @ValueSource(strings = {"reference", "vector"})
  void theMasterGoesAsAnF32ParameterDoes(String backend) {
    try (Device device = Device.over(Devices.byName(backend).open(1, 0), DType.BF16)) {
      Tensor rounded = device.of(DType.BF16, start(), Shape.of(N)).named("w").parameter();
      Tensor single = device.of(DType.F32, rounded.toDoubles(), Shape.of(N)).named("w").parameter();
      try (AdamW ours = new AdamW(List.of(rounded), OPTIONS);
          AdamW theirs = new AdamW(List.of(single), OPTIONS)) {
        for (int step = 0; step < 20; step++) {
          // The same gradient for both: a linear loss, with factors that bf16 holds.
          double[] factors = device.of(DType.BF16, random(step + 1), Shape.of(N)).toDoubles();
          gradient(rounded, factors);
          gradient(single, factors);
          // A hundredth of what the parameter can resolve.
          assertThat(ours.step(1e-5, 0)).isCloseTo(theirs.step(1e-5, 0), within(1e-6));
        }
        Tensor master = ours.states().getFirst().master;
        assertThat(master.dtype()).isEqualTo(DType.F32);
        // The vector backend steps the one in f32 and leaves the other to the loops in double: each
        // of
        // the 20 steps may round a value below 1/2 by 2^-25 on either side.
        assertThat(master.toDoubles()).containsExactly(single.toDoubles(), within(40 * 0x1p-25));
        assertThat(rounded.toDoubles()).isEqualTo(master.to(DType.BF16).toDoubles());
        assertThat(theirs.states().getFirst().isRounded()).isFalse();
      }
    }
  }

  private static void gradient(Tensor p, double[] factors) {
    try (Tape tape = Tape.record();
        Scope _ = Scope.open()) {
      Tensor y = p.mul(p.device().of(p.dtype(), factors, p.shape())).sum();
      tape.backward(y, 1);
    }
    Tensor g = p.grad();
    assertThat(g).isNotNull();
    assertThat(g.dtype()).isEqualTo(p.dtype());
    assertThat(g.toDoubles()).isEqualTo(factors);
  }

  private static double[] start() {
    return random(0);
  }

  private static double[] random(int stream) {
    double[] values = new double[N];
    Arrays.setAll(values, i -> Rng.uniform(3, stream, i) - 0.5);
    return values;
  }
}
