package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.op.CaseRun;
import dev.gavel.tensor.op.OpCase;
import dev.gavel.tensor.op.OpCatalog;
import dev.gavel.tensor.op.Parity;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every op of the catalog on the emulated device, forward and backward, against the reference: f32
/// within its rounding, bf16 within twice the error of plain bf16 arithmetic. Memory is handed out
/// piece by piece, so that the emulator sees each access outside of a tensor.
class CudaCatalogTest extends EmulatorTest {
  private static final long SEED = 20261127;

  static Stream<String> labels() {
    List<OpCase> cases = OpCatalog.cases();
    return IntStream.range(0, cases.size()).mapToObj(i -> i + " " + cases.get(i).label());
  }

  private static OpCase caseOf(String label) {
    return OpCatalog.cases().get(Integer.parseInt(label.substring(0, label.indexOf(' '))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void agreesWithTheReference(String label) {
    for (DType type : List.of(DType.F32, DType.BF16)) {
      try (Device device = Emulated.device(type);
          Parity parity = new Parity(device, type)) {
        assertThat(parity.check(caseOf(label)).failure()).isEmpty();
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void twoRunsGiveTheSameBits(String label) {
    OpCase c = caseOf(label);
    for (DType type : List.of(DType.F32, DType.BF16)) {
      try (Device device = Emulated.device(type)) {
        CaseRun first = CaseRun.of(c, device, type, type, SEED);
        CaseRun second = CaseRun.of(c, device, type, type, SEED);
        for (int k = 0; k < first.values().size(); k++) {
          assertThat(second.values().get(k)).isEqualTo(first.values().get(k));
        }
      }
    }
  }
}
