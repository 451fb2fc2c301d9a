package dev.gavel.train.star;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import dev.gavel.train.judge.Chains;
import dev.gavel.train.judge.Evidence;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Outcome;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Vote;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.LoraOptions;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.stage.Stage;
import dev.gavel.train.stage.StageRunner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One round: chains, rows, training, evaluation. Each part is done once: a round that was stopped
/// goes on where it stopped, and leaves the same bytes.
final class Round {
  static final String DRAWS = "draws.jsonl";
  static final String EXPLANATIONS = "explanations.jsonl";
  static final String ROWS = "rows.jsonl";
  static final String RESULTS = "results.json";

  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final int number;
  private final Path folder;
  private final ModelOptions before;
  private final List<PairRow> pairs;
  private final PrintStream log;
  private final BooleanSupplier interrupted;

  /// @param number from 1
  /// @param before the model that the round begins with
  /// @param pairs the round's part of the rows
  Round(
      Bound<StarConfig> bound,
      int number,
      ModelOptions before,
      List<PairRow> pairs,
      PrintStream log,
      BooleanSupplier interrupted) {
    this.bound = bound;
    this.config = bound.options();
    this.number = number;
    this.folder = folder(config, number);
    this.before = before;
    this.pairs = pairs;
    this.log = log;
    this.interrupted = interrupted;
  }

  static Path folder(StarConfig config, int number) {
    return config.train().outputDir().resolve("iteration-" + number);
  }

  /// @return the content of the round's results.json; null when interrupted
  @Nullable ObjectNode run() throws IOException {
    Path results = folder.resolve(RESULTS);
    if (Files.exists(results)) {
      log.println("round " + number + " is done already");
      return (ObjectNode) Json.read(results);
    }
    log.printf("round %d of %d: %d pairs%n", number, config.star().iterations(), pairs.size());
    Files.createDirectories(folder);
    Prompts prompts = Prompts.of(before, config.judging().prompt(JudgePrompt.Kind.COT));
    Gathered gathered = gather(prompts);
    if (gathered == null) {
      return null;
    }
    List<ObjectNode> rows = rows(gathered, prompts);
    writeRows(rows);
    OnPolicy.LogProbs likely = OnPolicy.of(before, rows, interrupted);
    if (likely == null) {
      return null;
    }
    if (!new StageRunner(log, interrupted).run(training())) {
      return null;
    }
    ObjectNode evaluations = evaluation(number).run(log, interrupted);
    if (evaluations == null) {
      return null;
    }
    ObjectNode json = RoundResults.of(number, pairs, gathered, rows, config);
    json.put("logprob_per_token", likely.chosen());
    json.put("logprob_per_token_rejected", likely.rejected());
    json.set("evaluations", evaluations);
    json.set("against_before", evaluation(number).against(evaluation(number - 1)));
    AtomicFiles.writeString(results, Json.writePretty(json));
    return json;
  }

  private Evaluation evaluation(int round) {
    return new Evaluation(bound, round);
  }

  // ---------------------------------------------------------------- chains

  /// @param own chains of verdicts, right, wrong or neither
  /// @param cutOff how many of them end at the longest length; 0 where they were not sampled here
  /// @param explained chains that explain the label's verdict
  /// @param unfinished explanations that were cut off, and are left out
  record Gathered(List<Chain> own, int cutOff, List<Chain> explained, int unfinished) {}

  private @Nullable Gathered gather(Prompts prompts) throws IOException {
    StarOptions star = config.star();
    if (star.rationales().isPresent() && number <= star.bootstrapIterations()) {
      List<Chain> others =
          Rationales.read(star.rationales().get())
              .of(pairs, config.judging().placement(), config.judging().verdictRule(), prompts);
      return new Gathered(others, 0, List.of(), 0);
    }
    List<Chain> own = new ArrayList<>();
    int[] cutOff = {0};
    if (star.samples() > 0) {
      Chains chains = Chains.judging(before, config.judging());
      Consumer<Vote> each =
          vote -> {
            own.add(chain(vote));
            cutOff[0] += isWhole(vote) ? 0 : 1;
          };
      if (!sample(chains, DRAWS, pairs, star.samples(), each)) {
        return null;
      }
    }
    return star.explains()
        ? explain(own, cutOff[0], prompts)
        : new Gathered(own, cutOff[0], List.of(), 0);
  }

  private static boolean isWhole(Vote vote) {
    return vote.evidence() instanceof Evidence.Text t && t.finishReason().equals("stop");
  }

  private @Nullable Gathered explain(List<Chain> own, int cutOff, Prompts prompts)
      throws IOException {
    StarOptions star = config.star();
    Set<JsonNode> failed =
        own.stream().filter(c -> !c.isRight()).map(c -> c.row().id()).collect(Collectors.toSet());
    boolean all =
        star.mode() == StarOptions.Mode.RATIONALIZER
            && star.rationalize() == StarOptions.Explained.ALL;
    List<PairRow> asked = pairs.stream().filter(p -> all || failed.contains(p.id())).toList();
    JudgePrompt why =
        star.rationaleTemplate().isPresent()
            ? JudgePrompt.read(star.rationaleTemplate().get(), JudgePrompt.Kind.RATIONALIZER)
            : JudgePrompt.paper(JudgePrompt.Kind.RATIONALIZER);
    ModelOptions model =
        star.rationalizerModel().map(config.model()::withModel).orElse(config.model());
    List<Chain> explained = new ArrayList<>();
    int[] unfinished = {0};
    Chains chains = Chains.explaining(model, config.judging(), why);
    boolean done =
        sample(
            chains,
            EXPLANATIONS,
            asked,
            1,
            vote -> {
              if (isWhole(vote)) {
                explained.add(closed(vote, prompts));
              } else {
                unfinished[0]++;
              }
            });
    return done ? new Gathered(own, cutOff, explained, unfinished[0]) : null;
  }

  private boolean sample(
      Chains chains, String file, List<PairRow> rows, int draws, Consumer<Vote> each)
      throws IOException {
    return chains.sample(folder.resolve(file), rows, draws, each, log, interrupted);
  }

  /// By the id as it is written.
  private final Map<String, PairRow> byId = new HashMap<>();

  private PairRow row(Vote vote) {
    if (byId.isEmpty()) {
      pairs.forEach(p -> byId.put(Json.write(p.id()), p));
    }
    return Objects.requireNonNull(byId.get(Json.write(vote.id())));
  }

  private Chain chain(Vote vote) {
    var text = (Evidence.Text) vote.evidence();
    return new Chain(row(vote), vote.order(), vote.draw(), vote.prefers(), text.text(), text.ids());
  }

  /// An explanation with its verdict, under the judge's own prompt.
  private Chain closed(Vote vote, Prompts prompts) {
    PairRow row = row(vote);
    String mark = "[[" + vote.order().verdictFor(row.better()) + "]]";
    String suffix = config.star().verdictSuffix().replace("[[X]]", mark);
    var said = (Evidence.Text) vote.evidence();
    int[] ids = prompts.answer(row, vote.order(), said.text(), said.ids(), suffix);
    return new Chain(row, vote.order(), -1, Outcome.CHOSEN, said.text() + suffix, ids);
  }

  // ---------------------------------------------------------------- rows

  private List<ObjectNode> rows(Gathered g, Prompts prompts) throws FormatException {
    StarOptions star = config.star();
    long seed = config.judging().seed() + number;
    StarRows rows = new StarRows(prompts, star.maxPairsPerPrompt(), seed);
    List<Chain> wrong = g.own.stream().filter(Chain::isWrong).toList();
    List<ObjectNode> made =
        switch (star.mode()) {
          case SFT -> rows.right(g.own);
          case DPO -> rows.pairs(g.own.stream().filter(Chain::isRight).toList(), wrong);
          case IPO -> rows.pairs(g.explained, wrong);
          case RATIONALIZER -> {
            List<Chain> learned = new ArrayList<>(g.own.stream().filter(Chain::isRight).toList());
            learned.addAll(g.explained);
            yield rows.right(learned);
          }
        };
    if (made.isEmpty()) {
      throw new FormatException(
          "round %d: %d chains on %d pairs give no row to learn from: %d are right, %d wrong, %d without a verdict"
              .formatted(
                  number,
                  g.own.size() + g.explained.size(),
                  pairs.size(),
                  g.own.stream().filter(Chain::isRight).count(),
                  wrong.size(),
                  g.own.stream().filter(c -> c.outcome() == null).count()));
    }
    return made;
  }

  private void writeRows(List<ObjectNode> rows) throws IOException {
    Path file = folder.resolve(ROWS);
    if (!Files.exists(file)) { // a resumed training compares the file's fingerprint
      StringBuilder lines = new StringBuilder();
      rows.forEach(row -> lines.append(Json.write(row)).append('\n'));
      AtomicFiles.writeString(file, lines.toString());
    }
  }

  // ---------------------------------------------------------------- training

  /// Options of the loop that a stage's command has too go on to it as they are, but for those that
  /// nothing reads.
  static Stage stage(Bound<StarConfig> bound, String command, Class<? extends Record> options) {
    ObjectNode all = bound.json();
    Stage stage = new Stage(command);
    for (OptSpec option : Schema.of(options).options()) {
      JsonNode value = all.get(option.key());
      boolean read = bound.isRead(option.key());
      if (!read || value == null || value.isNull() || (value.isArray() && value.isEmpty())) {
        continue;
      }
      if (value.isArray()) {
        stage.with(option.key(), value.valueStream().map(JsonNode::asString).toList());
      } else {
        stage.with(option.key(), value.asString());
      }
    }
    return stage;
  }

  /// What the rows are learned with.
  Stage training() {
    boolean pairs = config.star().mode().pairs();
    Stage stage = stage(bound, pairs ? "dpo" : "sft", pairs ? DpoConfig.class : SftConfig.class);
    stage
        .with("model_name_or_path", before.modelNameOrPath())
        .without("base_model")
        .with("base_model", before.baseModel())
        .without("dataset_format")
        .with("dataset", folder.resolve(ROWS))
        .without("eval_dataset")
        .with("max_length", 0)
        .with("learning_rate", StarConfig.rate(bound))
        .with("resume_from_checkpoint", true)
        .with("output_dir", folder);
    if (number > 1) {
      LoraOptions.SHAPE.forEach(stage::without); // the adapter of the round before is trained on
    }
    if (pairs) {
      boolean ipo = config.star().mode() == StarOptions.Mode.IPO;
      stage.with("loss_type", ipo ? "ipo" : "sigmoid").with("beta", config.star().effectiveBeta());
      if (config.star().rpoAlpha() > 0) {
        stage.with("rpo_alpha", config.star().rpoAlpha());
      } else {
        stage.without("rpo_alpha");
      }
    }
    return stage;
  }

  /// The model that the next round begins with.
  ModelOptions after() {
    return config.model().withModel(folder);
  }
}
