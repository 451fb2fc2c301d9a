package dev.gavel.train.star;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.SamplingProbe;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.recipe.TrainingEstimate;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import tools.jackson.databind.node.ObjectNode;

/// `--dry_run true`: what the rounds will take, by rates that are measured on this model and this
/// machine: a few chains are sampled, and a few steps learn them at rate 0. The output folder is
/// not touched.
final class StarEstimate {
  /// The JVM, the kernels' work space, logits.
  private static final long REST = 300L << 20;

  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final List<List<PairRow>> parts;
  private final PrintStream log;
  private final Prompts prompts;
  private final LlamaConfig model;
  private final long weights;
  private final Devices.Choice choice;
  private final List<RoundWork> rounds = new ArrayList<>();
  private final RoundWork judged;
  private final OptionalLong free;

  /// @param parts the rows of each round
  StarEstimate(Bound<StarConfig> bound, List<List<PairRow>> parts, PrintStream log)
      throws IOException {
    this.bound = bound;
    this.config = bound.options();
    this.parts = parts;
    this.log = log;
    prompts = Prompts.of(config.model(), config.judging().prompt(JudgePrompt.Kind.COT));
    try (ModelFolder folder =
        ModelFolder.open(config.model().modelNameOrPath(), config.model().baseModel())) {
      model = folder.config();
      weights = folder.weightBytes();
    }
    choice = config.model().choose();
    free = SystemMemory.freeFor(choice);
    parts.forEach(part -> rounds.add(work(part)));
    List<PairRow> all = new ArrayList<>();
    PairReader reader =
        new PairReader(config.data().datasetFormat().orElse(null), config.judging().seed());
    for (Path file : config.data().evalDataset()) {
      all.addAll(reader.readAll(List.of(file)));
    }
    judged = work(all);
  }

  private RoundWork work(List<PairRow> pairs) {
    return RoundWork.of(pairs, prompts, config, model.maxPositionEmbeddings());
  }

  ObjectNode measure() throws IOException {
    long sampling = memory(longest(rounds), draws(0));
    long judging = memory(judged.longest(), votes());
    ObjectNode json = Json.mapper().createObjectNode();
    var list = json.putArray("iterations");
    for (int k = 0; k < rounds.size(); k++) {
      list.add(counted(k));
    }
    json.put("votes_of_each_evaluation", votes());
    json.put("evaluation_prompt_tokens", judged.promptTokens());
    ObjectNode memory = json.putObject("memory_bytes").put("sampling", sampling);
    free.ifPresent(bytes -> json.put("free_bytes", bytes));
    if (free.isPresent() && Math.max(sampling, judging) > free.getAsLong()) {
      memory.put("evaluation", judging);
      log.printf(
          "sampling needs about %s, %s free: nothing was measured%n",
          SystemMemory.gigabytes(Math.max(sampling, judging)),
          SystemMemory.gigabytes(free.getAsLong()));
      return json;
    }
    Measured measured = measured();
    memory.put("training", measured.training.memoryBytes()).put("evaluation", judging);
    log.printf(
        "sampling needs about %s, training %s, evaluation %s%s%n",
        SystemMemory.gigabytes(sampling),
        SystemMemory.gigabytes(measured.training.memoryBytes()),
        SystemMemory.gigabytes(judging),
        measured.training.fits() ? "" : ": training does not fit, and was not measured");
    measured.addTo(json.putObject("measured"));
    new StarTimes(config, rounds, judged, measured).addTo(json, log);
    return json;
  }

  // ---------------------------------------------------------------- counts

  private ObjectNode counted(int round) {
    ObjectNode json = Json.mapper().createObjectNode();
    rounds.get(round).addTo(json);
    long chains = draws(round) + explanations(round);
    json.put("draws", chains);
    return json.put("sampled_tokens_at_most", chains * config.judging().drawn().maxNewTokens());
  }

  private long draws(int round) {
    return StarTimes.isGiven(config, round)
        ? 0
        : (long) rounds.get(round).questions() * config.star().samples();
  }

  private long explanations(int round) {
    return StarTimes.explanations(config, round, rounds.get(round));
  }

  private long votes() {
    return (long) judged.questions() * config.judging().n();
  }

  private static int longest(List<RoundWork> rounds) {
    return rounds.stream().mapToInt(RoundWork::longest).max().orElse(0);
  }

  private long memory(int longest, long samples) {
    int atOnce = (int) Math.min(samples, config.judging().batchSize());
    return weights
        + SamplingProbe.cacheBytes(model, choice.arithmetic(), config.judging(), longest, atOnce)
        + REST;
  }

  // ---------------------------------------------------------------- rates

  /// @param loadSeconds of a model
  record Measured(
      SamplingProbe.Rates sampling,
      Yield yield,
      TrainingEstimate.Rates training,
      double loadSeconds) {
    void addTo(ObjectNode json) {
      json.put("prefill_tokens_per_second", sampling.prefill());
      json.put(
          "decode_tokens_per_second",
          Double.isFinite(sampling.decode()) ? (Double) sampling.decode() : null);
      json.put("samples_at_once", sampling.atOnce()).put("prompts", sampling.prompts());
      json.put("chains", sampling.chains().size()).put("chains_cut_short", sampling.cutShort());
      json.put("tokens_per_chain", sampling.tokensPerChain());
      json.put("right", yield.right()).put("wrong", yield.wrong());
      if (training.fits()) {
        json.put("training_tokens_per_second", training.tokensPerSecond());
        json.put("seconds_per_update", training.secondsPerUpdate());
      }
      json.put("load_seconds", loadSeconds);
    }
  }

  private Measured measured() throws IOException {
    int draws = Math.max(1, config.star().samples());
    SamplingProbe.Rates sampling;
    double loading;
    long start = System.nanoTime();
    try (LoadedModel loaded = LoadedModel.open(config.model())) {
      loading = (System.nanoTime() - start) / 1e9;
      long all = (long) rounds.getFirst().questions() * draws;
      int atOnce = (int) Math.min(config.judging().batchSize(), all);
      sampling =
          new SamplingProbe(loaded, config.judging(), parts.getFirst()).measure(draws, atOnce);
    }
    TrainingEstimate.Rates training =
        new StarSteps(bound, parts.getFirst(), prompts, log)
            .measure(sampling.chains(), longest(rounds));
    return new Measured(
        sampling, Yield.of(sampling.chains(), sampling.cutShort()), training, loading);
  }
}
