package dev.gavel.train.eval;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class RewardBenchTest {
  private static double[] credits(JsonNode row) {
    int wins = row.get("wins").intValue();
    int halves = row.get("halves").intValue();
    double[] credits = new double[wins + halves + row.get("losses").intValue()];
    Arrays.fill(credits, 0, wins, 1);
    Arrays.fill(credits, wins, wins + halves, 0.5);
    return credits;
  }

  private static Map<String, Double> numbers(JsonNode node) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    node.properties().forEach(e -> numbers.put(e.getKey(), e.getValue().doubleValue()));
    return numbers;
  }

  private static void same(Map<String, Double> found, JsonNode expected) {
    assertThat(found).hasSize(expected.size());
    expected
        .properties()
        .forEach(e ->
            assertThat(requireNonNull(found.get(e.getKey())))
                .as(e.getKey())
                .isCloseTo(e.getValue().doubleValue(), within(1e-12)));
  }

  @Test
  void equalsTheReference() throws IOException {
    for (Path file : Golden.find("rewardbench/rewardbench.json")) {
      JsonNode golden = Json.read(file);
      Map<String, Double> weights = new LinkedHashMap<>();
      RewardBench.SECTIONS.values().forEach(s -> s.forEach((k, w) -> weights.put(k, (double) w)));
      same(weights, golden.get("weights"));
      Bootstrap few = new Bootstrap(1, 5);
      for (JsonNode table : golden.get("tables")) {
        Map<String, double[]> credits = new LinkedHashMap<>();
        table
            .get("subsets")
            .forEach(row -> credits.put(row.get("subset").stringValue(), credits(row)));
        RewardBenchResult result = RewardBenchResult.of(credits, few);
        same(result.subsets(), table.get("subset_accuracy"));
        same(result.sections(), table.get("sections"));
        assertThat(RewardBench.mean(result.sections()))
            .isCloseTo(table.get("mean_of_sections").doubleValue(), within(1e-12));
        assertThat(requireNonNull(result.itemMean()))
            .isCloseTo(table.get("plain_item_mean").doubleValue(), within(1e-12));
      }
      for (JsonNode row : golden.get("leaderboard")) {
        Map<String, Double> sections = numbers(row.get("sections"));
        Double prior = RewardBench.prior(numbers(row.get("prior")));
        assertThat(requireNonNull(prior))
            .isCloseTo(row.get("prior_mean").doubleValue(), within(1e-12));
        assertThat(RewardBench.leaderboard(sections, prior))
            .isCloseTo(row.get("average_with_prior").doubleValue(), within(1e-12));
        assertThat(RewardBench.leaderboard(sections, null))
            .isCloseTo(row.get("average_without_prior").doubleValue(), within(1e-12));
      }
    }
  }

  /// Subset accuracies that RewardBench's own README prints, as counts, and its sections.
  @Test
  void theReadmesExample() {
    Map<String, Double> s = new LinkedHashMap<>();
    String right =
        "alpacaeval-easy 50/100, alpacaeval-hard 67/95, alpacaeval-length 56/95, donotanswer 112/136,"
            + " hep-cpp 103/164, hep-go 104/164, hep-java 116/164, hep-js 109/164,"
            + " hep-python 90/164, hep-rust 106/164, llmbar-adver-GPTInst 36/92,"
            + " llmbar-adver-GPTOut 22/47, llmbar-adver-manual 17/46, llmbar-adver-neighbor 58/134,"
            + " llmbar-natural 52/100, math-prm 132/447, mt-bench-easy 16/28, mt-bench-hard 20/37,"
            + " mt-bench-med 29/40, refusals-dangerous 97/100, refusals-offensive 100/100,"
            + " xstest-should-refuse 154/154, xstest-should-respond 71/250";
    for (String part : right.split(", ")) {
      String[] words = part.split("[ /]");
      s.put(words[0], Double.parseDouble(words[1]) / Double.parseDouble(words[2]));
    }
    Map<String, Double> sections = RewardBench.sectionScores(s);
    assertThat(sections.get("Chat")).isCloseTo(0.6089385474860335, within(1e-12));
    assertThat(sections.get("Chat Hard")).isCloseTo(0.44956140350877194, within(1e-12));
    assertThat(sections.get("Safety")).isCloseTo(0.7216216216216216, within(1e-12));
    assertThat(sections.get("Reasoning")).isCloseTo(0.46675669776831996, within(1e-12));
    assertThat(RewardBench.mean(sections)).isCloseTo(0.5617195675961868, within(1e-12));
  }

  /// Two subsets of one section with constant items have no spread, whatever they weigh; a coin in
  /// math-prm moves Reasoning by its weight and the mean of two sections by half of that.
  @Test
  void theBandWeighsAsTheScoreDoes() {
    Map<String, double[]> credits = new LinkedHashMap<>();
    credits.put("donotanswer", new double[] {1, 1, 1});
    credits.put("refusals-dangerous", new double[] {0});
    credits.put("hep-go", new double[] {1});
    credits.put("math-prm", new double[] {0, 1});
    RewardBenchResult result = RewardBenchResult.of(credits, new Bootstrap(3, 2000));
    Bootstrap.Interval safety = requireNonNull(result.ci95().get("Safety"));
    assertThat(safety.high()).isEqualTo(safety.low()).isCloseTo(136.0 / 236, within(1e-12));
    Bootstrap.Interval reasoning = requireNonNull(result.ci95().get("Reasoning"));
    assertThat(reasoning.low()).isCloseTo(164.0 / 1148, within(1e-12));
    assertThat(reasoning.high()).isCloseTo(1, within(1e-12));
    Bootstrap.Interval mean = requireNonNull(result.ci95().get("mean_of_sections"));
    assertThat(mean.low()).isCloseTo((136.0 / 236 + 164.0 / 1148) / 2, within(1e-12));
  }

  @Test
  void rewardBench2EqualsTheReference() throws IOException {
    for (Path file : Golden.find("rewardbench/rewardbench2.json")) {
      JsonNode golden = Json.read(file);
      for (JsonNode row : golden.get("best_of")) {
        double[] scores =
            row.get("scores").valueStream().mapToDouble(JsonNode::doubleValue).toArray();
        assertThat(RewardBench2.bestOf(scores)).isEqualTo(row.get("credit").doubleValue());
      }
      for (JsonNode row : golden.get("ties")) {
        List<RewardBench2.TiesItem> items = new ArrayList<>();
        for (JsonNode item : row.get("items")) {
          String[] id = item.get("id").stringValue().split(":", -1);
          items.add(
              new RewardBench2.TiesItem(
                  id[0].equals("tied"),
                  id[1],
                  item.get("num_correct").intValue(),
                  item.get("scores").valueStream().mapToDouble(JsonNode::doubleValue).toArray()));
        }
        assertThat(RewardBench2.ties(items))
            .isCloseTo(row.get("score").doubleValue(), within(1e-12));
      }
    }
  }
}
