package dev.gavel.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.EmulatorTest;
import org.junit.jupiter.api.Test;

/// Launches of [Kernel], on `column_sums(float *sums, const float *parts, int rows, int dim)`.
class KernelTest extends EmulatorTest {
  @Test
  void launches() {
    long parts = uploadFloats(1, 2, 3, 10, 20, 30);
    long sums = uploadFloats(0, 0, 0);
    kernel().grid(1).block(32, 8).arg(sums).arg(parts).arg(2).arg(3).launch(stream);
    assertThat(floats(sums, 3)).containsExactly(11, 22, 33);
  }

  @Test
  void namesAnArgumentOfTheWrongKind() {
    assertThatThrownBy(() -> kernel().grid(1).block(32).arg(0L).arg(0L).arg(1.0f))
        .hasMessage(
            "column_sums: argument 2 (from 0) is a 32-bit integer in rmsnorm.ptx, found a float");
  }

  @Test
  void countsArguments() {
    assertThatThrownBy(() -> kernel().grid(1).block(32).arg(0L).launch(stream))
        .hasMessage("column_sums: 1 arguments, rmsnorm.ptx declares 4");
    assertThatThrownBy(
            () -> kernel().grid(1).block(32).arg(0L).arg(0L).arg(1).arg(1).arg(1))
        .hasMessage("column_sums: too many arguments, rmsnorm.ptx declares 4");
  }

  @Test
  void aFaultNamesTheKernelAndTheDriversWords() {
    long sums = uploadFloats(0, 0, 0);
    long parts = uploadFloats(1, 2, 3);
    assertThatThrownBy(
            () -> kernel().grid(1).block(32, 8).arg(sums).arg(parts).arg(100).arg(3).launch(stream))
        .isInstanceOf(CudaFailure.class)
        .hasMessageContaining("column_sums<<<1, 32x8>>>")
        .hasMessageContaining("outside device memory");
  }

  @Test
  void anUnknownKernelIsNamed() {
    assertThatThrownBy(() -> context.modules().kernel("rmsnorm", "nothing"))
        .hasMessage("rmsnorm.ptx has no kernel nothing");
    assertThatThrownBy(() -> context.modules().kernel("nothing", "nothing"))
        .hasMessageContaining("no PTX of nothing.cu");
  }

  private static Kernel kernel() {
    return context.modules().kernel("rmsnorm", "column_sums");
  }
}
