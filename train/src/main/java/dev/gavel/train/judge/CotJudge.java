package dev.gavel.train.judge;

import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/// The judge that reasons (paper, section 3): asks for an explanation that ends in a verdict,
/// several times, and hands out the votes in a fixed order whatever order they finish in.
///
/// A vote depends on the model, the prompt, the seed, the item's id, the order and the draw alone.
final class CotJudge implements Judge {
  private final LoadedModel model;
  private final Asking asking;
  private final Settings settings;

  /// What is asked about a pair.
  interface Asking {
    List<Message> messages(VoteOrder.Ask ask);

    /// Which response is better.
    static Asking verdict(JudgePrompt prompt) {
      return ask -> prompt.messages(ask.row(), ask.order());
    }

    /// Why the labelled response is better; only for rows that have one.
    static Asking reasons(JudgePrompt prompt) {
      return ask ->
          prompt.rationale(ask.row(), ask.order(), ask.order().verdictFor(ask.row().better()));
    }
  }

  /// @param batchSize most samples at once
  record Settings(
      Sampling sampling, int maxNewTokens, VerdictReader rule, int batchSize, long seed) {
    /// Reasons, and a verdict behind them.
    static Settings of(PairJudging how) {
      return new Settings(
          how.drawn().sampling(),
          how.drawn().maxNewTokens(),
          how.verdictRule(),
          how.batchSize(),
          how.seed());
    }

    /// A letter alone.
    Settings ofOneLetter() {
      return new Settings(sampling, 1, VerdictReader.LETTER, batchSize, seed);
    }

    private OrderedSamples.Settings draws(int n) {
      return new OrderedSamples.Settings(sampling, n, maxNewTokens, batchSize, seed);
    }
  }

  CotJudge(LoadedModel model, Asking asking, Settings settings) {
    this.model = model;
    this.asking = asking;
    this.settings = settings;
  }

  @Override
  public void judge(VoteOrder order, long from, Consumer<Vote> each, BooleanSupplier pause)
      throws IOException {
    new OrderedSamples(model, settings.draws(order.n()))
        .sample(
            new Questions(order.asks()),
            from,
            (question, sample) -> each.accept(vote(order.asks().get(question), sample)),
            pause);
  }

  Request request(VoteOrder.Ask ask, int n) throws IOException {
    return new OrderedSamples(model, settings.draws(n)).request(new Questions(List.of(ask)), 0);
  }

  private final class Questions implements OrderedSamples.Questions {
    private final List<VoteOrder.Ask> asks;

    Questions(List<VoteOrder.Ask> asks) {
      this.asks = asks;
    }

    @Override
    public int count() {
      return asks.size();
    }

    @Override
    public String id(int question) {
      return asks.get(question).id();
    }

    @Override
    public List<Message> messages(int question) {
      return asking.messages(asks.get(question));
    }
  }

  private Vote vote(VoteOrder.Ask ask, Sample sample) {
    return Vote.of(ask.row(), ask.order(), sample.draw(), settings.rule, Evidence.Text.of(sample));
  }
}
