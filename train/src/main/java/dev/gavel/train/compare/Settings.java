package dev.gavel.train.compare;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// What runs of one kind were called with: where they differ, and, folded, where they do not.
final class Settings {
  /// They differ between any two runs and decide nothing.
  private static final Set<String> LEFT_OUT =
      Set.of("output_dir", "resume_from_checkpoint", "dry_run");

  private static final int MOST = 160;
  private static final int MOST_DIGITS = 5;
  private static final int SHOWN_OF_FINGERPRINT = 12;
  private static final String NONE = "–";

  private final List<? extends Run> runs;

  private Settings(List<? extends Run> runs) {
    this.runs = runs;
  }

  static Map<String, JsonNode> of(JsonNode json) {
    Map<String, JsonNode> settings = new LinkedHashMap<>();
    json.properties().stream()
        .filter(e -> !LEFT_OUT.contains(e.getKey()))
        .forEach(e -> settings.put(e.getKey(), e.getValue()));
    return settings;
  }

  static void add(Page page, String kind, List<? extends Run> runs) {
    if (!runs.isEmpty()) {
      page.subheading(kind);
      new Settings(runs).add(page);
    }
  }

  private void add(Page page) {
    List<String> differ = new ArrayList<>();
    List<String> partial = new ArrayList<>();
    Map<String, String> equal = new LinkedHashMap<>();
    for (String key : keys()) {
      if (runs.stream().anyMatch(run -> !run.settings().containsKey(key))) {
        partial.add(key);
      } else if (runs.stream().map(run -> whole(run, key)).distinct().count() > 1) {
        differ.add(key);
      } else {
        equal.put(key, shown(runs.getFirst(), key));
      }
    }
    if (!differ.isEmpty()) {
      page.table(table("Settings that differ", differ));
    } else if (runs.size() > 1) {
      page.paragraph("No setting that all of them have differs.");
    }
    if (!partial.isEmpty()) {
      page.fold("Settings that not all of them have (%d)".formatted(partial.size()));
      page.table(table("Settings of some", partial)).unfold();
    }
    if (!equal.isEmpty()) {
      String all = runs.size() == 1 ? "Settings (%d)" : "Settings that are equal (%d)";
      page.fold(all.formatted(equal.size())).facts(equal).unfold();
    }
  }

  private Set<String> keys() {
    Set<String> keys = new LinkedHashSet<>();
    runs.forEach(run -> keys.addAll(run.settings().keySet()));
    return keys;
  }

  private Table table(String caption, List<String> keys) {
    Table table = new Table(caption).text("setting");
    runs.forEach(run -> table.text(run.name()));
    for (String key : keys) {
      List<String> cells = new ArrayList<>(List.of(key));
      runs.forEach(run -> cells.add(shown(run, key)));
      table.row(cells);
    }
    return table.wide();
  }

  private static String shown(Run run, String key) {
    String text = whole(run, key);
    if (key.endsWith("_fingerprint") && text.length() > SHOWN_OF_FINGERPRINT) {
      return text.substring(0, SHOWN_OF_FINGERPRINT) + "…";
    }
    return text.length() <= MOST
        ? text
        : text.substring(0, MOST) + "… (%d characters)".formatted(text.length());
  }

  /// A value as one would type it.
  private static String whole(Run run, String key) {
    JsonNode value = run.settings().get(key);
    return value == null ? NONE : typed(value);
  }

  private static String typed(JsonNode value) {
    if (value.isNull() || value.isArray() && value.isEmpty()) {
      return NONE;
    }
    if (value.isArray()) {
      return value.valueStream().map(Settings::typed).collect(Collectors.joining(","));
    }
    if (value.isNumber() && !value.isIntegralNumber()) {
      BigDecimal number = value.decimalValue().stripTrailingZeros();
      return number.scale() > MOST_DIGITS ? number.toString() : number.toPlainString();
    }
    return value.isString() ? value.stringValue() : Json.write(value);
  }
}
