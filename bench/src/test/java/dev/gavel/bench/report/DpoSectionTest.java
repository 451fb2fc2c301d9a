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
  void theFirstStepsAreShown() throws IOException {
    Table table = new Table("lengths", "step", "loss", "c", "r", "apart");
    DpoSection.agree(table, "equal", answer(0.7, 0.6, 0.5, 0.4), answer(0.7, 0.6005, 0.5, 0.4, 9));
    assertThat(table.toString())
        .contains("| equal | 1 | 0.700000 / 0.700000 |", "| equal | 2 | 0.600000 / 0.600500 |")
        .contains("| 5.0e-04 |", "| equal | 4 |")
        .doesNotContain("| equal | 5 |");
  }

  @Test
  void otherWorkIsNoComparison() throws IOException {
    JsonNode ours = answer(0.7, 0.6, 0.5, 0.4);
    assertThatThrownBy(() -> agree(ours, answer(0.7, 0.602, 0.5, 0.4)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("ragged lengths: step 2 of Gavel is not TRL's");
    assertThatThrownBy(() -> agree(ours, answer(0.7, 0.6)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("step 3 of Gavel is not TRL's");
  }

  private static void agree(JsonNode ours, JsonNode theirs) throws IOException {
    DpoSection.agree(
        new Table("lengths", "step", "loss", "c", "r", "apart"), "ragged", ours, theirs);
  }
}
