package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.TestBits;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class PlacementTest {
  private static final JsonNodeFactory IDS = Json.mapper().getNodeFactory();

  private static Placement placement(Placement.Mode mode, long seed) {
    return new Placement(mode, seed, TestBits::bits);
  }

  @Test
  void fixedOrdersAreFixed() {
    JsonNode id = IDS.numberNode(3);
    assertThat(placement(Placement.Mode.AS_GIVEN, 1).orders(id)).containsExactly(Order.AB);
    assertThat(placement(Placement.Mode.BOTH, 1).orders(id)).containsExactly(Order.AB, Order.BA);
  }

  @Test
  void theCoinIsFairAndDependsOnSeedAndIdOnly() {
    int swapped = 0;
    int changed = 0;
    for (int i = 0; i < 4000; i++) {
      JsonNode id = IDS.numberNode(i);
      Order order = placement(Placement.Mode.SEEDED, 1).orders(id).getFirst();
      assertThat(placement(Placement.Mode.SEEDED, 1).orders(id)).containsExactly(order);
      swapped += order == Order.BA ? 1 : 0;
      changed += placement(Placement.Mode.SEEDED, 2).orders(id).getFirst() != order ? 1 : 0;
    }
    assertThat(swapped).isBetween(1850, 2150);
    assertThat(changed).isBetween(1850, 2150);
  }

  @Test
  void aTextAndANumberAreTwoIds() {
    assertThat(Placement.stream(IDS.stringNode("7")))
        .isNotEqualTo(Placement.stream(IDS.numberNode(7)));
    // FNV-1a of the one byte "7", from the published offset and prime
    assertThat(Placement.stream(IDS.numberNode(7))).isEqualTo(0xaf63aa4c86019796L);
  }
}
