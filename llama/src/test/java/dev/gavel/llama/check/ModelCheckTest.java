package dev.gavel.llama.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The check of whole models, on the CPU: f32 on the vector backend.
class ModelCheckTest {
  static Stream<CheckModel> models() {
    return CheckModel.all().stream();
  }

  @ParameterizedTest
  @MethodSource("models")
  void theVectorBackendIsWithinItsRounding(CheckModel model) throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 2)) {
      var findings = new ModelCheck(device).check(model);
      assertThat(findings).isNotEmpty().allMatch(ModelCheck.Finding::fits);
    }
  }
}
