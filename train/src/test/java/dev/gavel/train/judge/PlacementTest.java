package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

class PlacementTest {
  private static final JsonNodeFactory IDS = Json.mapper().getNodeFactory();

  private static Placement placement(Placement.Mode mode, long seed) {
    return new Placement(mode, seed);
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
    Placement placement = placement(Placement.Mode.SEEDED, 1);
    int differ = 0;
    for (int i = 0; i < 1000; i++) {
      Order number = placement.orders(IDS.numberNode(i)).getFirst();
      Order text = placement.orders(IDS.stringNode(Integer.toString(i))).getFirst();
      differ += number != text ? 1 : 0;
    }
    assertThat(differ).isBetween(420, 580);
  }

  /// Published: another order for the same seed and id would change every result.
  @Test
  void theDrawnOrdersStayWhatTheyAre() {
    Placement placement = placement(Placement.Mode.SEEDED, 42);
    StringBuilder orders = new StringBuilder();
    for (int i = 0; i < 16; i++) {
      orders.append(placement.orders(IDS.numberNode(i)).getFirst() == Order.AB ? 'a' : 'b');
    }
    assertThat(orders.toString()).isEqualTo("bbabbbbaabbbabba");
  }
}
