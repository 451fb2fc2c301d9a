package dev.gavel.train.star;

import static dev.gavel.train.report.JsonFigures.interval;
import static dev.gavel.train.report.JsonFigures.number;
import static dev.gavel.train.report.JsonFigures.percent;

import dev.gavel.train.report.Table;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Rounds of STaR as tables: a line for each.
///
/// @param title of the column that says which round a line is
public record RoundTables(String title, List<Line> lines) {
  /// What figures of the chains need said.
  public static final String REMARK =
      "log-prob: the mean of a learned token under the model that the round begins with, in nats;"
          + " near 0 where the chains are its own.";

  /// A round.
  ///
  /// @param results its results.json
  public record Line(String name, JsonNode results) {}

  /// What was drawn and kept.
  public Table chains() {
    Table table =
        new Table("Chains")
            .text(title)
            .numbers("pairs", "draws", "right", "wrong", "no verdict", "say A")
            .numbers("tokens, right", "tokens, wrong", "explained", "rows", "rows a pair")
            .numbers("log-prob")
            .wide();
    for (Line line : lines) {
      JsonNode round = line.results();
      JsonNode draws = round.path("draws");
      table.row(
          line.name(),
          number(round.path("pairs")),
          number(draws.path("n")),
          percent(draws.path("right")),
          percent(draws.path("wrong")),
          percent(draws.path("abstain_rate")),
          percent(draws.path("a_rate")),
          number(draws.path("tokens_right")),
          number(draws.path("tokens_wrong")),
          number(round.path("explained")),
          number(round.path("rows")),
          number(round.path("rows_per_pair")),
          number(round.path("logprob_per_token")));
    }
    return table;
  }

  /// How the models of the rounds judge a file; rounds that did not are left out.
  public Table judged(String file) {
    Table table =
        new Table("Judging " + file)
            .text(title)
            .numbers("pairs", "Maj@1", "majority", "95 % interval", "no verdict", "say A");
    for (Line line : lines) {
      JsonNode results = line.results().path("evaluations").path(file);
      if (results.isObject()) {
        table.row(
            line.name(),
            number(results.path("n")),
            percent(results.path("maj").path("1")),
            percent(results.path("accuracy")),
            interval(results.path("ci95")),
            percent(results.path("abstain_rate")),
            percent(results.path("a_rate")));
      }
    }
    return table;
  }
}
