package dev.gavel.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ShapeTest {
  @Test
  void countsElementsRowsAndStrides() {
    Shape s = Shape.of(3, 4, 5);
    assertThat(s.size()).isEqualTo(60);
    assertThat(s.rows()).isEqualTo(12);
    assertThat(s.last()).isEqualTo(5);
    assertThat(s.stride()).isEqualTo(20);
    assertThat(s.dim(-2)).isEqualTo(4);
    assertThat(s).isEqualTo(Shape.of(3, 4, 5)).hasToString("[3, 4, 5]");
  }

  @Test
  void aScalarHasOneElement() {
    assertThat(Shape.of().size()).isEqualTo(1);
    assertThat(Shape.of().last()).isEqualTo(1);
  }

  @Test
  void refusesNegativeLengthsAndOverflow() {
    assertThatThrownBy(() -> Shape.of(2, -1)).hasMessageContaining("[2, -1]");
    assertThatThrownBy(() -> Shape.of(1L << 40, 1L << 40)).isInstanceOf(ArithmeticException.class);
  }
}
