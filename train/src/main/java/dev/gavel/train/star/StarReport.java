package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.MajCurve;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// The page of a STaR run: what each round drew and kept, and how its model judges.
final class StarReport {
  private StarReport() {}

  static String html(ObjectNode options, List<ObjectNode> rounds, StarConfig config) {
    Page page = new Page("STaR, " + config.star().mode().name().toLowerCase(Locale.ROOT) + " mode");
    RoundTables tables =
        new RoundTables(
            "round",
            rounds.stream()
                .map(r -> new RoundTables.Line(r.get("iteration").asString(), r))
                .toList());
    page.table(tables.chains()).paragraph(RoundTables.REMARK);
    for (Path file : config.data().evalDataset()) {
      page.table(tables.judged(Round.name(file)));
      LineChart curves = curves(rounds, Round.name(file));
      if (!curves.isEmpty()) {
        page.chart(curves);
      }
    }
    page.heading("Options");
    Map<String, String> facts = new LinkedHashMap<>();
    options.properties().forEach(e -> facts.put(e.getKey(), Json.write(e.getValue())));
    return page.facts(facts).html();
  }

  private static LineChart curves(List<ObjectNode> rounds, String file) {
    LineChart chart =
        new LineChart("Majority of k votes on " + file, "votes", "accuracy, %").doublingX();
    for (ObjectNode round : rounds) {
      MajCurve.of(round.get("evaluations").get(file))
          .ifPresent(
              maj -> chart.series("round " + round.get("iteration").asString(), maj.k(), maj.y()));
    }
    return chart;
  }
}
