package dev.gavel.train.star;

import dev.gavel.train.judge.SamplingProbe;
import dev.gavel.train.recipe.TrainOptions;
import dev.gavel.train.recipe.TrainingEstimate;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// How long the rounds will take, by measured rates.
final class StarTimes {
  private final StarConfig config;
  private final List<RoundWork> rounds;
  private final RoundWork judged;
  private final SamplingProbe.Rates sampling;
  private final TrainingEstimate.Rates training;
  private final Yield yield;
  private final double load;

  StarTimes(
      StarConfig config, List<RoundWork> rounds, RoundWork judged, StarEstimate.Measured measured) {
    this.config = config;
    this.rounds = rounds;
    this.judged = judged;
    this.sampling = measured.sampling();
    this.training = measured.training();
    this.yield = measured.yield();
    this.load = measured.loadSeconds();
  }

  /// Whether a round, from 0, learns from given rationales.
  static boolean isGiven(StarConfig config, int round) {
    return config.star().rationales().isPresent() && round < config.star().bootstrapIterations();
  }

  /// Explanations of a round, from 0, at most.
  static long explanations(StarConfig config, int round, RoundWork work) {
    return config.star().explains() && !isGiven(config, round) ? work.questions() : 0;
  }

  /// Seconds of a round's phases.
  private record Times(
      double sampling, double likelihood, double training, double evaluation, double loading) {
    double sum() {
      return sampling + likelihood + training + evaluation + loading;
    }

    Times plus(Times o) {
      return new Times(
          sampling + o.sampling,
          likelihood + o.likelihood,
          training + o.training,
          evaluation + o.evaluation,
          loading + o.loading);
    }

    void addTo(ObjectNode json) {
      json.put("sampling", sampling).put("likelihood", likelihood).put("training", training);
      json.put("evaluation", evaluation).put("loading", loading);
    }
  }

  /// Adds rows, steps and seconds; those of training only where it fits into memory.
  void addTo(ObjectNode json, PrintStream log) {
    Times all = new Times(0, 0, 0, evaluation(), load * files());
    json.put("base_evaluation_seconds", all.sum());
    for (int k = 0; k < rounds.size(); k++) {
      Times times = round(k, (ObjectNode) json.get("iterations").get(k));
      all = all.plus(times);
    }
    assumed().forEach(json.putArray("assumed")::add);
    if (training.fits()) {
      json.put("seconds", all.sum());
      log.printf(
          "sampling %s, likelihood %s, training %s, evaluation %s, loading %s: %s in all%n",
          time(all.sampling),
          time(all.likelihood),
          time(all.training),
          time(all.evaluation),
          time(all.loading),
          time(all.sum()));
    }
  }

  private static String time(double seconds) {
    return seconds < 90
        ? String.format(Locale.ROOT, "%.1f s", seconds)
        : seconds < 5400
            ? String.format(Locale.ROOT, "%.0f min", seconds / 60)
            : String.format(Locale.ROOT, "%.1f h", seconds / 3600);
  }

  private int files() {
    return config.data().evalDataset().size();
  }

  private double evaluation() {
    return judged.questions() == 0
        ? 0
        : sampling.seconds(judged.promptTokens(), (long) judged.questions() * config.judging().n());
  }

  private Times round(int k, ObjectNode json) {
    RoundWork work = rounds.get(k);
    long explanations = explanations(config, k, work);
    long draws = isGiven(config, k) ? 0 : (long) work.questions() * config.star().samples();
    int passes = (draws > 0 ? 1 : 0) + (explanations > 0 ? 1 : 0);
    double rows = rows(work, isGiven(config, k));
    int sides = config.star().mode().pairs() ? 2 : 1;
    double rowTokens = sides * (work.meanPrompt() + sampling.tokensPerChain());
    double steps = steps(rows);
    double learned = learned(rows, steps) * rowTokens;
    json.put("rows", Math.round(rows)).put("steps", Math.round(steps));
    json.put("training_tokens", Math.round(learned));
    Times times =
        new Times(
            sampling.seconds(passes * work.promptTokens(), draws + explanations),
            rows * rowTokens / sampling.prefill(),
            training.fits() ? training.seconds(learned, steps) : 0,
            evaluation(),
            load * (passes + 2 + files()));
    if (training.fits()) {
      times.addTo(json.putObject("seconds"));
    }
    return times;
  }

  private double rows(RoundWork work, boolean given) {
    if (given) {
      return work.questions();
    }
    double expected = yield.rows(config.star(), work.questions());
    return expected >= 1 ? expected : Yield.most(config.star(), work.questions());
  }

  private double steps(double rows) {
    TrainOptions train = config.train();
    return train.maxSteps() > 0
        ? train.maxSteps()
        : Math.ceil(train.numTrainEpochs() * Math.ceil(rows / rowsOfStep()));
  }

  /// Rows that all steps learn, one that is learned twice counting twice.
  private double learned(double rows, double steps) {
    return config.train().maxSteps() > 0
        ? steps * Math.min(rows, rowsOfStep())
        : rows * config.train().numTrainEpochs();
  }

  private double rowsOfStep() {
    TrainOptions train = config.train();
    return (double) train.perDeviceTrainBatchSize().getFirst() * train.gradientAccumulationSteps();
  }

  /// What the figures rest on that was not counted.
  private List<String> assumed() {
    List<String> all = new ArrayList<>();
    all.add(
        "every chain has %.1f tokens, the mean of %d that were sampled from the first pairs%s"
            .formatted(
                sampling.tokensPerChain(),
                sampling.chains().size() + sampling.cutShort(),
                sampling.cutShort() == 0
                    ? ""
                    : "; %d of them had not ended when time was up and count as --max_new_tokens"
                        .formatted(sampling.cutShort())));
    all.add(
        "later rounds' models write as this one: %.0f %% of its chains are right, %.0f %% wrong"
            .formatted(100 * yield.right(), 100 * yield.wrong()));
    if (config.star().rationales().isPresent()) {
      all.add("every question has one rationale in --rationales, and it is right");
    }
    if (yield.rows(config.star(), rounds.getFirst().questions()) < 1) {
      all.add(
          "the measured chains give no row to learn from, with which a run would end: rows are"
              + " those that there can be at most");
    }
    if (config.star().explains()) {
      all.add(
          "explanations are as long and as fast as chains, and every question gets one"
              + (config.star().rationalizerModel().isPresent()
                  ? "; --rationalizer_model may be slower or faster"
                  : ""));
    }
    all.add("samples run %d at once to the end".formatted(sampling.atOnce()));
    all.add("memory is that of the longest prompts with chains of --max_new_tokens");
    all.add("files that are written take no time");
    return all;
  }
}
