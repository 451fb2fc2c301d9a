package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.check.CheckModel;
import dev.gavel.llama.check.ModelCheck;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Whole models on the emulated device: logits, gradients, five steps of training and decoding over
/// a shared prefix, with heads that tensor cores take and heads that they do not.
class CudaModelTest extends EmulatorTest {
  static Stream<Arguments> cases() {
    return CheckModel.all().stream()
        .flatMap(m -> Stream.of(Arguments.of(m, DType.F32), Arguments.of(m, DType.BF16)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void agreesWithTheReference(CheckModel model, DType type) throws IOException {
    try (Device device = Emulated.device(type)) {
      var findings = new ModelCheck(device).check(model);
      assertThat(findings).isNotEmpty().allMatch(ModelCheck.Finding::fits);
    }
  }
}
