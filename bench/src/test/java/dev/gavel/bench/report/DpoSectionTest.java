package dev.gavel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DpoSectionTest {
  private static final Table TABLE = new Table("lengths", "step", "loss", "c", "r", "apart");

  private static JsonNode answer(double... losses) throws IOException {
    List<String> zeros = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (double loss : losses) {
      zeros.add("0");
      texts.add(String.valueOf(loss));
    }
    String json = "{\"loss\":%s,\"rewards/chosen\":%s,\"rewards/rejected\":%s}";
    return Json.parse(json.formatted(texts, zeros, zeros), "answer");
  }

  @Test
  void stepsAreComparedOverTheTurns() throws IOException {
    Turns same =
        new Turns(
            List.of(
                List.of(answer(0.7), answer(0.6)), List.of(answer(0.7, 0.6005, 0.1), answer(9))));
    DpoSection.agree(TABLE, "equal", same);
    assertThat(TABLE.toString())
        .contains("| equal | 1 | 0.700000 / 0.700000 |", "| equal | 2 | 0.600000 / 0.600500 |")
        .contains("| 5.0e-04 |")
        .doesNotContain("| equal | 3 |");
  }

  @Test
  void otherWorkIsNoComparison() throws IOException {
    Turns other =
        new Turns(List.of(List.of(answer(0.7, 0.6)), List.of(answer(0.7, 0.602), answer(0.1))));
    assertThatThrownBy(() -> DpoSection.agree(TABLE, "ragged", other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ragged lengths: step 2 of Gavel is not TRL's");
    Turns silent = new Turns(List.of(List.of(answer(Double.NaN)), List.of(answer(0.7))));
    assertThatThrownBy(() -> DpoSection.agree(TABLE, "equal", silent))
        .isInstanceOf(IOException.class);
  }
}
