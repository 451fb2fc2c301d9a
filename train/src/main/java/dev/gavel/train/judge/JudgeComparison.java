package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.Bootstrap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge --compare`: do two judges say the same, and is one better, on the items that both
/// have judged?
public final class JudgeComparison {
  /// What is compared.
  @OptGroup("Comparison")
  public record Options(
      @Opt(value = "two judged folders", meta = "DIR") List<Path> compare,
      @Opt(value = "decides the resamples", def = "42") long seed) {
    public Options {
      if (compare.size() != 2) {
        throw new IllegalArgumentException(
            "--compare takes two folders, found " + compare.size() + ": " + compare);
      }
    }
  }

  private final Options options;

  public JudgeComparison(Options options) {
    this.options = options;
  }

  /// @return what is printed
  /// @throws FormatException where the folders have no item in common
  public ObjectNode run() throws IOException {
    JudgedFolder a = JudgedFolder.open(options.compare().get(0));
    JudgedFolder b = JudgedFolder.open(options.compare().get(1));
    CommonItems common = CommonItems.of(a.items(), b.items());
    CommonItems.Conflict conflict = common.conflict();
    if (conflict != null) {
      throw new FormatException(
          "item %s of %s is another pair than item %s of %s; compare two judges of the same data"
              .formatted(conflict.a().id(), a.dir(), conflict.b().id(), b.dir()));
    }
    if (common.size() == 0) {
      throw new FormatException(
          "%s and %s have no item in common (ids as %s and %s)"
              .formatted(a.dir(), b.dir(), a.pairs().getFirst().id(), b.pairs().getFirst().id()));
    }
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("n", common.size());
    json.put("only_a", a.pairs().size() - common.size());
    json.put("only_b", b.pairs().size() - common.size());
    add(json, common.agreement());
    common.accuracy(new Bootstrap(options.seed(), Bootstrap.RESAMPLES)).addTo(json);
    return json;
  }

  private static void add(ObjectNode json, Agreement agreement) {
    json.put("agreement", agreement.agreement()).put("kappa", agreement.kappa());
    ObjectNode table = json.putObject("table");
    for (int i = 0; i < Agreement.SAYS.size(); i++) {
      ObjectNode row = table.putObject(Agreement.SAYS.get(i));
      for (int j = 0; j < Agreement.SAYS.size(); j++) {
        row.put(Agreement.SAYS.get(j), agreement.table()[i][j]);
      }
    }
  }
}
