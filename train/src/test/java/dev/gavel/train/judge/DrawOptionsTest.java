package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.generate.Sampling;
import org.junit.jupiter.api.Test;

class DrawOptionsTest {
  @Test
  void eachOptionArrivesInItsPlace() {
    assertThat(new DrawOptions(28, 0.7, 0.9).sampling()).isEqualTo(new Sampling(0.7, 0, 0.9, 0));
  }
}
