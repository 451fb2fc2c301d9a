package dev.gavel.bench.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;

class PairShapeTest {
  /// What `pairs` of bench/peers/peer.py says.
  @Test
  void rowsAreThoseOfThePeers() {
    List<PairShape.Ids> rows = PairShape.named("7m").ragged(true).rows(1);
    assertThat(rows).hasSize(8);
    assertThat(rows.getFirst().prompt()).hasSize(41).startsWith(3390, 1640, 3142, 435);
    assertThat(rows.getFirst().chosen()).hasSize(38).startsWith(546, 1250, 301, 416);
    assertThat(rows.getFirst().rejected()).hasSize(60).startsWith(3314, 1663, 1320, 87);
    assertThat(rows.getLast().rejected()).hasSize(79).endsWith(375, 3109, 2759, 299);
    assertThat(PairShape.named("7m").ragged(true).tokens()).isEqualTo(1956);
    assertThat(PairShape.named("7m").tokens()).isEqualTo(8 * 2 * 256);
    assertThat(PairShape.named("100m").rows(3).get(1).chosen())
        .hasSize(256)
        .startsWith(23819, 18351, 5853, 22794);
  }

  @Test
  void everyStepHasAsManyTokens() {
    PairShape ragged = PairShape.named("100m").ragged(true);
    for (int step = 0; step < 3; step++) {
      assertThat(ragged.rows(step).stream().mapToInt(PairShape.Ids::tokens).sum())
          .isEqualTo(ragged.tokens());
    }
  }

  /// A step on whole texts, with a third more for the reference, less what the head does not see.
  @Test
  void workIsThatOfTwoModels() {
    PairShape equal = PairShape.named("7m");
    ModelShape texts = equal.model().with(16, 256);
    double head = 4096.0 * 288;
    assertThat(equal.stepFlops())
        .isCloseTo(
            texts.stepFlops() * 4 / 3 - 8 * head * 16 * 128,
            withinPercentage(1)); // a reference's attention is 2 / 7 more, not a third
  }
}
