package dev.gavel.train.run;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// `report.html`: the curves of a training.
public final class RunReport {
  public static final String FILE = "report.html";

  private static final List<List<String>> CURVES =
      List.of(
          List.of("Loss", "nats per token", "loss", "eval_loss"),
          List.of("Token accuracy", "share", "mean_token_accuracy", "eval_mean_token_accuracy"),
          List.of("Entropy", "nats", "entropy", "eval_entropy"),
          List.of("Gradient norm", "before clipping", "grad_norm"),
          List.of("Learning rate", "", "learning_rate"));

  private RunReport() {}

  public static void write(Path dir, String title, ObjectNode options, TrainerState state)
      throws IOException {
    Page page = new Page(title + ": " + dir.toAbsolutePath().getFileName());
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("steps", Integer.toString(state.step()));
    facts.put("epochs", Figures.number(state.epoch()));
    facts.put("tokens", "%,d".formatted(state.tokens()));
    page.facts(facts);
    for (List<String> curve : CURVES) {
      chart(page, curve, state.history());
    }
    page.heading("Options");
    Map<String, String> all = new LinkedHashMap<>();
    options.properties().forEach(e -> all.put(e.getKey(), Json.write(e.getValue())));
    page.facts(all);
    page.write(dir.resolve(FILE));
  }

  private static void chart(Page page, List<String> curve, List<Map<String, Number>> history) {
    LineChart chart = new LineChart(curve.get(0), "step", curve.get(1));
    boolean any = false;
    for (String key : curve.subList(2, curve.size())) {
      List<Map<String, Number>> rows = history.stream().filter(r -> r.containsKey(key)).toList();
      if (!rows.isEmpty()) {
        chart.series(key, values(rows, "step"), values(rows, key));
        any = true;
      }
    }
    if (any) {
      page.chart(chart);
    }
  }

  private static double[] values(List<Map<String, Number>> rows, String key) {
    return rows.stream().mapToDouble(r -> r.getOrDefault(key, Double.NaN).doubleValue()).toArray();
  }
}
