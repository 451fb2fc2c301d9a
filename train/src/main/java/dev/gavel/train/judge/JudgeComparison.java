package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.PairedAccuracy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge --compare`: do two judges say the same, and is one better, on the items that both
/// have judged?
public final class JudgeComparison {
  /// What is compared.
  @OptGroup("Comparison")
  public record Options(
      @Opt(value = "two judged folders", meta = "DIR") List<Path> compare,
      @Opt(
              value =
                  "a page of it too: both judges' figures, and side by side what they said where one"
                      + " is wrong and the other right",
              meta = "FILE")
          Optional<Path> report,
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
    TwoJudges judges = TwoJudges.open(options.compare().get(0), options.compare().get(1));
    Bootstrap bootstrap = new Bootstrap(options.seed(), Bootstrap.RESAMPLES);
    PairedAccuracy accuracy = judges.common().accuracy(bootstrap);
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("n", judges.ofA().size());
    json.put("only_a", judges.onlyA()).put("only_b", judges.onlyB());
    add(json, judges.agreement());
    accuracy.addTo(json);
    judges.turns().addTo(json);
    if (options.report().isPresent()) {
      new ComparisonPage(judges, accuracy).write(options.report().get());
    }
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
