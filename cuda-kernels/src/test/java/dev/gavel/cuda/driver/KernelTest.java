package dev.gavel.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.EmulatorTest;
import org.junit.jupiter.api.Test;

/// Launches of [Kernel], on `reduce_merge_f32(float *y, const float *parts, int count, int
/// columns)`.
class KernelTest extends EmulatorTest {
  @Test
  void launches() {
    long parts = uploadFloats(1, 2, 3, 10, 20, 30);
    long sums = uploadFloats(0, 0, 0);
    kernel().grid(1).block(32, 32).arg(sums).arg(parts).arg(2).arg(3).launch(stream);
    assertThat(floats(sums, 3)).containsExactly(11, 22, 33);
  }

  @Test
  void namesAnArgumentOfTheWrongKind() {
    assertThatThrownBy(() -> kernel().grid(1).block(32).arg(0L).arg(0L).arg(1.0f))
        .hasMessage(
            "reduce_merge_f32: argument 2 (from 0) is a 32-bit integer in reduce.ptx, found a float");
  }

  @Test
  void countsArguments() {
    assertThatThrownBy(() -> kernel().grid(1).block(32).arg(0L).launch(stream))
        .hasMessage("reduce_merge_f32: 1 arguments, reduce.ptx declares 4");
    assertThatThrownBy(() -> kernel().grid(1).block(32).arg(0L).arg(0L).arg(1).arg(1).arg(1))
        .hasMessage("reduce_merge_f32: too many arguments, reduce.ptx declares 4");
  }

  @Test
  void aFaultNamesTheKernelAndTheDriversWords() {
    emulatedOnly();
    long sums = uploadFloats(0, 0, 0);
    long parts = uploadFloats(1, 2, 3);
    assertThatThrownBy(() ->
            kernel().grid(1).block(32, 32).arg(sums).arg(parts).arg(100).arg(3).launch(stream))
        .isInstanceOf(CudaFailure.class)
        .hasMessageContaining("reduce_merge_f32<<<1, 32x32>>>")
        .hasMessageContaining("outside device memory");
  }

  @Test
  void anUnknownKernelIsNamed() {
    assertThatThrownBy(() -> context.modules().kernel("reduce", "nothing"))
        .hasMessage("reduce.ptx has no kernel nothing");
    assertThatThrownBy(() -> context.modules().kernel("nothing", "nothing"))
        .hasMessageContaining("no PTX of nothing.cu");
  }

  private static Kernel kernel() {
    return context.modules().kernel("reduce", "reduce_merge_f32");
  }
}
