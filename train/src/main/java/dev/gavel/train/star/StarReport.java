package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Placement;
import dev.gavel.train.report.Figures;
import dev.gavel.train.report.LineChart;
import dev.gavel.train.report.Page;
import dev.gavel.train.report.Table;
import dev.gavel.train.report.Table.Cell;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The page of a STaR run: how each round's model judges, what the round drew and kept, what it
/// changed, and chains to read.
final class StarReport {
  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final ObjectNode results;
  private final List<JsonNode> rounds;
  private final List<List<PairRow>> parts;
  private final Page page;

  /// @param results the content of the run's results.json
  /// @param parts the rows of each round
  StarReport(Bound<StarConfig> bound, ObjectNode results, List<List<PairRow>> parts) {
    this.bound = bound;
    this.config = bound.options();
    this.results = results;
    this.rounds = results.get("iterations").valueStream().toList();
    this.parts = parts;
    page = new Page("STaR, " + config.star().mode().name().toLowerCase(Locale.ROOT) + " mode");
  }

  String html() throws IOException {
    for (Path file : files()) {
      page.paragraph(inWords(file));
    }
    page.contents();
    if (!files().isEmpty()) {
      page.heading("How the models judge");
      files().forEach(this::judged);
      explainJudged();
    }
    page.heading("What each round drew and learned");
    drawn();
    learned();
    if (!files().isEmpty()) {
      page.heading("What each round changed");
      changed();
    }
    page.heading("Chains to read");
    new StarTranscripts(page, config, parts).write();
    page.heading("Options");
    Map<String, String> facts = new LinkedHashMap<>();
    bound.json().properties().forEach(e -> facts.put(e.getKey(), Json.write(e.getValue())));
    return page.facts(facts).html();
  }

  private List<Path> files() {
    return config.data().evalDataset();
  }

  /// What came out on a file, for who reads one sentence.
  private String inWords(Path file) {
    String name = Evaluation.name(file);
    JsonNode first = results.get("base").get("evaluations").get(name);
    JsonNode last = rounds.getLast().get("evaluations").get(name);
    return "On %s (%s pairs) the majority of %d votes is right for %s %% after %d %s; %s %% before."
        .formatted(
            name,
            last.get("n").asString(),
            config.judging().n(),
            percent(last.get("accuracy")),
            rounds.size(),
            rounds.size() == 1 ? "round" : "rounds",
            percent(first.get("accuracy")));
  }

  // ---------------------------------------------------------------- judging

  private void judged(Path file) {
    String name = Evaluation.name(file);
    Table table =
        new Table("Judging " + name + ", per cent")
            .wide()
            .text("judge")
            .numbers("pairs", "Maj@1", "Maj@" + config.judging().n(), "against the one before")
            .numbers("no verdict", "say A", "position bias");
    if (asksBoth()) {
      table.numbers("orders disagree");
    }
    LineChart chart = new LineChart("Majority of k votes on " + name, "votes", "accuracy, %");
    row(table, chart, Evaluation.BASE, results.get("base").get("evaluations").get(name), null);
    for (JsonNode round : rounds) {
      String judge = "round " + round.get("iteration").asString();
      JsonNode against = round.get("against_before").get(name);
      row(table, chart, judge, round.get("evaluations").get(name), against);
    }
    page.table(table);
    if (config.judging().n() > 1) {
      page.chart(chart.doublingX());
    }
  }

  private boolean asksBoth() {
    return config.judging().order() == Placement.Mode.BOTH;
  }

  private void row(
      Table table, LineChart chart, String judge, JsonNode found, @Nullable JsonNode against) {
    JsonNode maj = found.get("maj");
    JsonNode bands = found.get("maj_ci95");
    List<Cell> cells = new ArrayList<>(List.of(Cell.of(judge), Cell.of(found.get("n").asString())));
    cells.add(maj.isNull() ? NONE : withBand(maj.get("1"), bands.get("1")));
    cells.add(withBand(found.get("accuracy"), found.get("ci95")));
    cells.add(
        against == null ? NONE : withBand(signed(against.get("difference")), against.get("ci95")));
    cells.add(Cell.of(percent(found.get("abstain_rate"))));
    cells.add(Cell.of(percent(found.get("a_rate"))));
    cells.add(bias(found));
    if (asksBoth()) {
      cells.add(Cell.of(percent(found.get("order_disagreement"))));
    }
    table.cells(cells);
    if (!maj.isNull()) {
      chart.series(
          judge,
          IntStream.rangeClosed(1, maj.size()).asDoubleStream().toArray(),
          maj.valueStream().mapToDouble(m -> 100 * m.asDouble()).toArray(),
          bands.valueStream().mapToDouble(b -> 100 * b.get(0).asDouble()).toArray(),
          bands.valueStream().mapToDouble(b -> 100 * b.get(1).asDouble()).toArray());
    }
  }

  private static final Cell NONE = Cell.of("–");

  /// Of both orders P(A) - ½; of one order what its two places tell.
  private static Cell bias(JsonNode found) {
    JsonNode place = found.get("by_place");
    if (place.isNull() || place.get("preference_for_a").isNull()) {
      return NONE;
    }
    JsonNode both = found.get("position_bias");
    return withBand(
        signed(both.isNull() ? place.get("preference_for_a") : both), place.get("ci95"));
  }

  private void explainJudged() {
    page.note(
        "Under a figure its 95 % interval (bootstrap over pairs). base: the model that the first"
            + " round begins with. say A: of the verdicts that can be read.");
    page.note(
        "Position bias: half of how much more often a vote is right where the labelled response"
            + " stands in A than where it stands in B: 0 where the place does not matter, 50 for a"
            + " judge that always says A. "
            + (asksBoth()
                ? "Every pair was asked in both orders; orders disagree: pairs whose two majorities"
                    + " differ."
                : "Every pair was asked in one order, so it is of different pairs, which its"
                    + " interval allows for; --order both asks each in both, and counts those on"
                    + " which the two disagree."));
  }

  // ---------------------------------------------------------------- rounds

  private void drawn() {
    Table table =
        new Table("Chains that were drawn, per cent")
            .wide()
            .text("round")
            .numbers("pairs", "chains", "right", "wrong", "no verdict", "cut off", "both marks")
            .numbers("say A", "tokens, right", "tokens, wrong");
    for (JsonNode round : rounds) {
      JsonNode draws = round.get("draws");
      table.row(
          round.get("iteration").asString(),
          round.get("pairs").asString(),
          draws.get("n").asString(),
          percent(draws.get("right")),
          percent(draws.get("wrong")),
          percent(draws.get("abstain_rate")),
          percent(draws.get("cut_off_rate")),
          draws.get("both_marks").asString(),
          percent(draws.get("a_rate")),
          number(draws.get("tokens_right")),
          number(draws.get("tokens_wrong")));
    }
    page.table(table);
    page.note(
        "pairs, chains and both marks are counts; tokens: mean lengths; cut off: at"
            + " --max_new_tokens; both marks: chains that name both [[A]] and [[B]].");
  }

  private void learned() {
    boolean pairs = config.star().mode().pairs();
    Table table =
        new Table("What was learned")
            .text("round")
            .numbers(pairs ? "pairs of chains" : "chains", "a pair", "pairs used")
            .numbers("explained", pairs ? "log-prob, better" : "log-prob");
    if (pairs) {
      table.numbers("log-prob, worse");
    }
    for (JsonNode round : rounds) {
      List<String> cells =
          new ArrayList<>(
              List.of(
                  round.get("iteration").asString(),
                  round.get("rows").asString(),
                  number(round.get("rows_per_pair")),
                  round.get("pairs_used").asString(),
                  round.get("explained").asString(),
                  number(round.get("logprob_per_token"))));
      if (pairs) {
        cells.add(number(round.get("logprob_per_token_rejected")));
      }
      table.row(cells);
    }
    page.table(table);
    page.note(
        "log-prob: the mean of a learned token under the model that the round begins with, in nats."
            + " It is nearest to 0 where the chains are its own; others' chains, and explanations"
            + " of a given verdict, lie lower.");
  }

  // ---------------------------------------------------------------- changes

  private void changed() throws IOException {
    for (Path file : files()) {
      String name = Evaluation.name(file);
      Table table =
          new Table("Pairs of " + name + " by their majorities before and after")
              .text("judges")
              .numbers("wrong → right", "right → wrong", "both right", "both wrong", "undecided");
      for (JsonNode round : rounds) {
        JsonNode found = round.get("against_before").get(name);
        table.row(
            found.get("before").asString() + " → round " + round.get("iteration").asString(),
            found.get("wrong_to_right").asString(),
            found.get("right_to_wrong").asString(),
            found.get("both_right").asString(),
            found.get("both_wrong").asString(),
            found.get("undecided").asString());
      }
      page.table(table);
    }
    boolean any =
        rounds.stream()
            .flatMap(round -> round.get("against_before").valueStream())
            .anyMatch(f -> f.get("wrong_to_right").asInt() + f.get("right_to_wrong").asInt() > 0);
    page.paragraph(
        any
            ? "Pairs that one judge gets wrong by its majority and the next right, and the other"
                + " way round: those on which their votes differ most, a chain of each beside the"
                + " other."
            : "No round turned a majority from wrong to right, or back.");
    for (Path file : files()) {
      for (int round = 1; round <= rounds.size(); round++) {
        JsonNode found = rounds.get(round - 1).get("against_before").get(Evaluation.name(file));
        new StarTranscripts(page, config, parts)
            .sideBySide(
                file, new Evaluation(bound, round - 1), new Evaluation(bound, round), found);
      }
    }
  }

  // ---------------------------------------------------------------- figures

  private static Cell withBand(JsonNode share, JsonNode band) {
    return withBand(percent(share), band);
  }

  private static Cell withBand(String text, JsonNode band) {
    String below =
        band.isNull() ? "" : "%s to %s".formatted(percent(band.get(0)), percent(band.get(1)));
    return new Cell(text, below, "");
  }

  private static String percent(JsonNode share) {
    return share.isNull() ? "–" : Figures.percent(share.asDouble()).replace('-', '−');
  }

  private static String signed(JsonNode share) {
    return (!share.isNull() && share.asDouble() > 0 ? "+" : "") + percent(share);
  }

  private static String number(JsonNode value) {
    return value.isNull() ? "–" : Figures.number(value.asDouble());
  }
}
