package dev.gavel.train.judge;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.KvPool;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// What it costs to sample chains, measured on the first questions of a task: a few prompts are
/// read, then as many samples as will run at once are given tokens until they end or time is up.
public final class SamplingProbe {
  private static final double PREFILL_SECONDS = 3;
  private static final double DECODE_SECONDS = 12;

  /// Tokens of prompts that are read at a time.
  private static final int GROUP = 512;

  private static final int WARM_UP_TOKENS = 8;
  private static final double WARM_UP_SECONDS = 1.5;
  private static final int LEAST_STEPS = 3;

  private final LoadedModel model;
  private final PairJudging how;
  private final List<VoteOrder.Ask> asks;
  private final List<Request> requests = new ArrayList<>();

  /// What was found.
  ///
  /// @param prefill tokens of prompts a second
  /// @param decode new tokens a second, of all samples that run at once; infinite where no chain
  ///   has a second token
  /// @param atOnce samples that ran at once
  /// @param prompts that they answer
  /// @param chains those that ended
  /// @param cutShort those that did not in the time of the measurement
  /// @param tokensPerChain mean length, a chain that was cut short counting as the longest
  public record Rates(
      double prefill,
      double decode,
      int atOnce,
      int prompts,
      List<Vote> chains,
      int cutShort,
      double tokensPerChain) {
    /// Seconds to read prompts and sample chains.
    public double seconds(long promptTokens, long chains) {
      return promptTokens / prefill + chains * Math.max(0, tokensPerChain - 1) / decode;
    }
  }

  /// @param pairs that have a label
  public SamplingProbe(LoadedModel model, PairJudging how, List<PairRow> pairs) throws IOException {
    this.model = model;
    this.how = how;
    asks = new VoteOrder(pairs, how.placement(), 1).asks();
  }

  /// Bytes of keys and values that a task can come to use.
  ///
  /// @param longest tokens of its longest prompt
  /// @param atOnce samples
  public static long cacheBytes(
      LlamaConfig model, DType arithmetic, PairJudging how, int longest, int atOnce) {
    long positions =
        Math.min((long) longest + how.drawn().maxNewTokens(), model.maxPositionEmbeddings());
    long pages = Math.ceilDiv(positions, KvPool.PAGE) * (atOnce + 1L); // a prompt waits beside them
    long most = OrderedSamples.limits(model, arithmetic, how.batchSize()).pages();
    return Math.min(pages, most) * Generator.Limits.bytesPerPage(model, arithmetic);
  }

  /// Measures.
  ///
  /// @param draws of each question
  /// @param atOnce samples that the task will run at once
  public Rates measure(int draws, int atOnce) throws IOException {
    CotJudge judge =
        new CotJudge(
            model,
            CotJudge.Asking.verdict(how.prompt(JudgePrompt.Kind.COT)),
            CotJudge.Settings.of(how));
    for (VoteOrder.Ask ask : asks.subList(0, Math.min(asks.size(), atOnce))) {
      requests.add(judge.request(ask, 1));
    }
    try (Measuring on = new Measuring()) {
      warmUp(on);
      return decode(on, prefill(on, PREFILL_SECONDS), draws, atOnce);
    }
  }

  /// Kernels are compiled while they run, which a small model would take for its own time.
  private void warmUp(Measuring on) {
    long start = System.nanoTime();
    on.submit(requests.getFirst(), 1, WARM_UP_TOKENS);
    on.generator.run();
    double left = WARM_UP_SECONDS - (System.nanoTime() - start) / 1e9;
    if (left > 0) {
      prefill(on, left);
    }
  }

  private double prefill(Measuring on, double most) {
    long tokens = 0;
    double seconds = 0;
    for (int i = 0; seconds < most; ) {
      int group = 0;
      while (group == 0 || group + requests.get(i % requests.size()).prompt().length <= GROUP) {
        Request request = requests.get(i++ % requests.size());
        group += request.prompt().length;
        on.submit(request, 1, 1);
      }
      long start = System.nanoTime();
      on.generator.run();
      seconds += (System.nanoTime() - start) / 1e9;
      tokens += group;
    }
    return tokens / seconds;
  }

  private Rates decode(Measuring on, double prefill, int draws, int atOnce) {
    double mean = requests.stream().mapToInt(r -> r.prompt().length).average().orElseThrow();
    int affordable = (int) Math.max(1, PREFILL_SECONDS * prefill / mean);
    int prompts = Math.min(Math.min(requests.size(), affordable), Math.ceilDiv(atOnce, draws));
    int each = Math.max(1, atOnce / prompts);
    on.chains.clear();
    for (Request request : requests.subList(0, prompts)) {
      on.submit(request, each, how.drawn().maxNewTokens());
    }
    double rate = on.decode(prompts * each);
    int cutShort = prompts * each - on.chains.size();
    long tokens =
        on.chains.stream().mapToLong(c -> ((Evidence.Text) c.evidence()).ids().length).sum()
            + (long) cutShort * how.drawn().maxNewTokens();
    return new Rates(
        prefill,
        rate,
        prompts * each,
        prompts,
        List.copyOf(on.chains),
        cutShort,
        (double) tokens / (prompts * each));
  }

  /// A generator whose steps are timed.
  private final class Measuring implements Listener, AutoCloseable {
    final Generator generator;
    final List<Vote> chains = new ArrayList<>();
    private final Map<String, VoteOrder.Ask> byId = new HashMap<>();

    Measuring() {
      asks.forEach(ask -> byId.put(ask.id(), ask));
      Generator.Limits limits =
          OrderedSamples.limits(
              model.llama().config(), model.device().arithmetic(), how.batchSize());
      generator = new Generator(model.llama(), model.tokenizer(), limits, this);
    }

    void submit(Request r, int n, int maxNewTokens) {
      generator.submit(
          new Request(
              r.id(), r.prompt(), n, r.sampling(), r.stopIds(), List.of(), maxNewTokens, r.seed()));
    }

    /// Tokens a second of steps that read no prompt, and in which at least half of the samples run.
    double decode(int samples) {
      long tokens = 0;
      long nanos = 0;
      int steps = 0;
      long begin = System.nanoTime();
      while (generator.busy()
          && (steps < LEAST_STEPS || System.nanoTime() - begin < DECODE_SECONDS * 1e9)) {
        int running = generator.running();
        int queued = generator.queued();
        long start = System.nanoTime();
        generator.step();
        if (running > 0 && generator.queued() == queued && 2 * running >= samples) {
          nanos += System.nanoTime() - start;
          tokens += running;
          steps++;
        } else if (running > 0 && generator.queued() == queued) {
          steps++; // the last samples: too few to tell the rate
        }
      }
      return tokens == 0 ? Double.POSITIVE_INFINITY : tokens / (nanos / 1e9);
    }

    @Override
    public void sample(Request request, Sample sample) {
      VoteOrder.Ask ask = Objects.requireNonNull(byId.get(request.id()));
      chains.add(
          Vote.of(
              ask.row(),
              ask.order(),
              sample.draw(),
              how.verdictRule(),
              new Evidence.Text(
                  sample.text(),
                  sample.ids(),
                  sample.finishReason().key(),
                  Arrays.stream(sample.logprobs()).sum())));
    }

    @Override
    public void finished(Request request, List<Sample> samples) {}

    @Override
    public void failed(Request request, String reason) {
      throw new IllegalStateException("item " + request.id() + ": " + reason);
    }

    @Override
    public void close() {
      generator.close();
    }
  }
}
