package dev.gavel.train.run;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Figures;
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

  private RunReport() {}

  public static void write(Path dir, String title, ObjectNode options, TrainerState state)
      throws IOException {
    Page page = new Page(title + ": " + dir.toAbsolutePath().getFileName());
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("steps", Integer.toString(state.step()));
    facts.put("epochs", Figures.number(state.epoch()));
    facts.put("tokens", "%,d".formatted(state.tokens()));
    page.facts(facts);
    MetricCharts.add(page, List.of(new MetricCharts.Curves("", state.history())));
    page.heading("Options");
    Map<String, String> all = new LinkedHashMap<>();
    options.properties().forEach(e -> all.put(e.getKey(), Json.write(e.getValue())));
    page.facts(all);
    page.write(dir.resolve(FILE));
  }
}
