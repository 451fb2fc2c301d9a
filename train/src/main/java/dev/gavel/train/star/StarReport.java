package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The page of a STaR run: what each round drew and kept, and how its model judges.
final class StarReport {
  private StarReport() {}

  static String html(ObjectNode options, List<ObjectNode> rounds, StarConfig config) {
    Page page = new Page("STaR, " + config.star().mode().name().toLowerCase(Locale.ROOT) + " mode");
    chains(page, rounds);
    for (Path file : config.data().evalDataset()) {
      judged(page, rounds, Round.name(file));
    }
    page.heading("Options");
    Map<String, String> facts = new LinkedHashMap<>();
    options.properties().forEach(e -> facts.put(e.getKey(), Json.write(e.getValue())));
    return page.facts(facts).html();
  }

  private static void chains(Page page, List<ObjectNode> rounds) {
    Table table =
        new Table("Chains")
            .text("round")
            .numbers(
                "pairs",
                "draws",
                "right",
                "wrong",
                "no verdict",
                "say A",
                "tokens, right",
                "tokens, wrong",
                "explained",
                "rows",
                "rows a pair",
                "log-prob");
    for (ObjectNode round : rounds) {
      JsonNode draws = round.get("draws");
      table.row(
          round.get("iteration").asString(),
          round.get("pairs").asString(),
          draws.get("n").asString(),
          percent(draws.get("right")),
          percent(draws.get("wrong")),
          percent(draws.get("abstain_rate")),
          percent(draws.get("a_rate")),
          number(draws.get("tokens_right")),
          number(draws.get("tokens_wrong")),
          round.get("explained").asString(),
          round.get("rows").asString(),
          number(round.get("rows_per_pair")),
          number(round.get("logprob_per_token")));
    }
    page.table(table);
    page.paragraph(
        "log-prob: the mean of a learned token under the model that the round begins with, in nats;"
            + " near 0 where the chains are its own.");
  }

  private static void judged(Page page, List<ObjectNode> rounds, String file) {
    Table table =
        new Table("Judging " + file)
            .text("round")
            .numbers("pairs", "Maj@1", "majority", "95 % interval", "no verdict", "say A");
    LineChart chart = new LineChart("Majority of k votes on " + file, "votes", "accuracy, %");
    boolean drawn = false;
    for (ObjectNode round : rounds) {
      JsonNode results = round.get("evaluations").get(file);
      JsonNode maj = results.get("maj");
      JsonNode band = results.get("ci95");
      table.row(
          round.get("iteration").asString(),
          results.get("n").asString(),
          maj.isNull() ? "–" : percent(maj.get("1")),
          percent(results.get("accuracy")),
          band.isNull() ? "–" : percent(band.get(0)) + " to " + percent(band.get(1)),
          percent(results.get("abstain_rate")),
          percent(results.get("a_rate")));
      if (!maj.isNull() && maj.size() > 1) {
        double[] k = new double[maj.size()];
        double[] accuracy = new double[maj.size()];
        for (int i = 0; i < k.length; i++) {
          k[i] = i + 1;
          accuracy[i] = 100 * maj.get(Integer.toString(i + 1)).asDouble();
        }
        chart.series("round " + round.get("iteration").asString(), k, accuracy);
        drawn = true;
      }
    }
    page.table(table);
    if (drawn) {
      page.chart(chart.doublingX());
    }
  }

  private static String percent(JsonNode share) {
    return share.isNull() ? "–" : Figures.percent(share.asDouble());
  }

  private static String number(JsonNode value) {
    return value.isNull() ? "–" : Figures.number(value.asDouble());
  }
}
