package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class BestTest {
  private static Best best(int k, float... values) {
    Best best = new Best(k);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment row = arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
      best.select(row, DType.F32, values.length);
    }
    return best;
  }

  @Test
  void equalValuesComeByIndex() {
    assertThat(best(3, 1, 5, 2, 5, 5, 7).ids()).containsExactly(5, 1, 3);
    assertThat(best(4, 1, 1, 1, 1, 1).ids()).containsExactly(0, 1, 2, 3);
    assertThat(best(2, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY).values())
        .containsOnly(Double.NEGATIVE_INFINITY);
  }

  @Test
  void whatIsNoNumberIsNeverChosen() {
    Best best = best(3, Float.NaN, 2, Float.NaN, 3);
    assertThat(best.ids()).startsWith(3, 1);
    assertThat(best.values()).containsExactly(3, 2, Double.NaN);
  }
}
