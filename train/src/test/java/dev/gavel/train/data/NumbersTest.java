package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import org.junit.jupiter.api.Test;

class NumbersTest {
  @Test
  void inFullForTheirType() {
    assertThat(Json.write(Numbers.json(0.1f))).isEqualTo("0.1");
    assertThat(Json.write(Numbers.json((double) 0.1f))).isEqualTo("0.10000000149011612");
    assertThat(Json.write(Numbers.json(-1.2345679e-7f))).isEqualTo("-1.2345679E-7");
    assertThat(Json.write(Numbers.json(-0.0))).isEqualTo("-0.0");
    assertThat(Json.write(Numbers.json(Double.NEGATIVE_INFINITY))).isEqualTo("null");
    assertThat(Json.write(Numbers.json(Float.NEGATIVE_INFINITY))).isEqualTo("null");
  }

  @Test
  void noNumbersAreErrors() {
    assertThatThrownBy(() -> Numbers.json(Float.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> Numbers.json(Double.POSITIVE_INFINITY)).hasMessageContaining("Inf");
  }
}
