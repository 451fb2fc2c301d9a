package dev.gavel.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.DropoutMask;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DropoutTest {
  private static final int N = 100_000;

  private static double[] dropped(DType type, int threads, DropoutMask mask) {
    try (Device d = Devices.open("cpu", type, threads)) {
      Tensor x = d.full(type, Shape.of(N / 50, 50), 2);
      return Ops.dropout(x, mask).toDoubles();
    }
  }

  @Test
  void leavesOutTheShareAskedForAndScalesTheRest() {
    double[] y = dropped(DType.F64, 1, new DropoutMask(0.2, 1, 2));
    double share = Arrays.stream(y).filter(v -> v == 0).count() / (double) N;
    assertThat(share).isBetween(0.195, 0.205); // 4 standard deviations of 0.00126
    assertThat(Arrays.stream(y).filter(v -> v != 0)).allMatch(v -> v == 2.5);
  }

  @Test
  void theMaskIsAFunctionOfItsKeyAlone() {
    DropoutMask mask = new DropoutMask(0.2, 1, 2);
    double[] y = dropped(DType.F32, 1, mask);
    assertThat(dropped(DType.F32, 4, mask)).isEqualTo(y);
    assertThat(dropped(DType.F64, 1, mask)).isEqualTo(y); // 2.5 is a float
    assertThat(dropped(DType.F32, 1, new DropoutMask(0.2, 1, 3))).isNotEqualTo(y);
    assertThat(dropped(DType.F32, 1, new DropoutMask(0.2, 2, 2))).isNotEqualTo(y);
  }

  @Test
  void zeroLeavesEverything() {
    assertThat(dropped(DType.F32, 1, new DropoutMask(0, 1, 2))).containsOnly(2);
  }
}
