package dev.gavel.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DpoStepTest {
  /// A model of a moment's work.
  private static PairShape tiny() {
    ModelShape model = new ModelShape("tiny", 64, 1, 2, 1, 32, 96, 320, 1e4, true, 1, 1);
    return new PairShape(model, 2, 20, 24, true);
  }

  @Test
  void itBeginsAtTheReferenceAndLeavesIt() throws Exception {
    try (Device device = Devices.open("cpu", DType.F32, 1);
        DpoStep step = new DpoStep(device, tiny(), Optional.empty(), 1)) {
      Map<String, Double> first = step.run();
      assertThat(first.get("loss")).isCloseTo(Math.log(2), within(1e-6)); // f32
      assertThat(first.get("rewards/margins")).isZero();
      double before = first.get("logps/chosen");
      Map<String, Double> second = step.run();
      assertThat(second.get("rewards/margins")).isNotZero();
      assertThat(second.get("logps/chosen")).isNotEqualTo(before); // other rows
    }
  }
}
