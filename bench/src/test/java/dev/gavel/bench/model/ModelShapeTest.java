package dev.gavel.bench.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModelShapeTest {
  /// What `text` of bench/peers/peer.py says.
  @Test
  void textsAreThoseOfThePeers() {
    assertThat(ModelShape.named("7m").text(0, 8))
        .containsExactly(0, 3306, 3374, 3529, 699, 516, 3819, 1628);
    assertThat(ModelShape.named("1b").text(2047, 4)).containsExactly(16843, 34795, 98735, 72691);
    assertThat(ModelShape.named("100m").text(1_000_000, 3)).containsExactly(26115, 10193, 18893);
  }

  @Test
  void parametersAreThoseOfTheShapes() {
    assertThat(ModelShape.named("7m").parameters()).isBetween(7_000_000L, 7_300_000L);
    assertThat(ModelShape.named("1b").parameters()).isEqualTo(1_235_814_400L);
  }
}
