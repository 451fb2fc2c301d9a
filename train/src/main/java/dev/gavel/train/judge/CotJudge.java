package dev.gavel.train.judge;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.DType;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The judge that reasons (paper, section 3): asks for an explanation that ends in a verdict,
/// several times, and hands out the votes in a fixed order whatever order they finish in.
///
/// A vote depends on the model, the prompt, the seed, the item's id, the order and the draw alone.
final class CotJudge implements Judge {
  /// Memory for keys and values, unless the batch needs less.
  private static final long CACHE_BYTES = 2L << 30;

  private final LoadedModel model;
  private final Asking asking;
  private final Settings settings;

  /// What is asked about a pair.
  interface Asking {
    List<Message> messages(VoteOrder.Ask ask);

    /// Which response is better.
    static Asking verdict(JudgePrompt prompt) {
      return ask ->
          prompt.messages(
              ask.row().prompt(), ask.row().answerA(ask.order()), ask.row().answerB(ask.order()));
    }

    /// Why the labelled response is better; only for rows that have one.
    static Asking reasons(JudgePrompt prompt) {
      return ask ->
          prompt.rationale(
              ask.row().prompt(),
              ask.row().answerA(ask.order()),
              ask.row().answerB(ask.order()),
              ask.order().verdictFor(ask.row().better()));
    }
  }

  /// @param batchSize most samples at once
  record Settings(
      Sampling sampling, int maxNewTokens, VerdictReader rule, int batchSize, long seed) {}

  CotJudge(LoadedModel model, Asking asking, Settings settings) {
    this.model = model;
    this.asking = asking;
    this.settings = settings;
  }

  @Override
  public void judge(VoteOrder order, long from, Consumer<Vote> each, BooleanSupplier pause)
      throws IOException {
    Collector collector = new Collector(order, from, each);
    Generator.Limits limits =
        limits(model.llama().config(), model.device().arithmetic(), settings.batchSize);
    try (Generator generator = new Generator(model.llama(), model.tokenizer(), limits, collector)) {
      for (int i = (int) (from / order.n()); i < order.asks().size(); i++) {
        generator.submit(request(order.asks().get(i), order.n()));
        collector.failIfAny();
      }
      while (generator.busy() && !pause.getAsBoolean()) {
        generator.step();
        collector.failIfAny();
      }
    }
  }

  /// Room for keys and values.
  ///
  /// @param arithmetic their type
  static Generator.Limits limits(LlamaConfig model, DType arithmetic, int batchSize) {
    long room = Math.min(CACHE_BYTES, SystemMemory.free().orElse(Long.MAX_VALUE) / 2);
    return Generator.Limits.of(model, arithmetic, batchSize, room);
  }

  Request request(VoteOrder.Ask ask, int n) throws IOException {
    int[] ids = model.promptIds(asking.messages(ask));
    return new Request(
        ask.id(),
        ids,
        n,
        settings.sampling,
        model.stopIds(),
        List.of(),
        settings.maxNewTokens,
        settings.seed);
  }

  /// Holds finished samples until those before them are there.
  private final class Collector implements Listener {
    private final VoteOrder order;
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<Long, Vote> waiting = new HashMap<>();
    private final Consumer<Vote> each;
    private long next;
    private @Nullable String failure;

    Collector(VoteOrder order, long from, Consumer<Vote> each) {
      this.order = order;
      this.next = from;
      this.each = each;
      for (int i = 0; i < order.asks().size(); i++) {
        places.put(order.asks().get(i).id(), i);
      }
    }

    @Override
    public void sample(Request request, Sample sample) {
      int ask = Objects.requireNonNull(places.get(request.id()));
      waiting.put(order.place(ask, sample.draw()), vote(order.asks().get(ask), sample));
      for (Vote vote; (vote = waiting.remove(next)) != null; next++) {
        each.accept(vote);
      }
    }

    private Vote vote(VoteOrder.Ask ask, Sample sample) {
      return Vote.of(
          ask.row(),
          ask.order(),
          sample.draw(),
          settings.rule,
          new Evidence.Text(
              sample.text(),
              sample.ids(),
              sample.finishReason().key(),
              Arrays.stream(sample.logprobs()).sum()));
    }

    @Override
    public void finished(Request request, List<Sample> samples) {}

    @Override
    public void failed(Request request, String reason) {
      failure = "item " + request.id() + ": " + reason;
    }

    void failIfAny() {
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }
  }
}
