package dev.gavel.bench.model;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.tensor.spi.KvPool;
import java.util.List;
import java.util.Set;

/// Votes on one question from its prompt to their last token, as a judge draws them: the prompt is
/// read once, then every vote has its own tokens.
public final class Voting {
  private static final Sampling TOP_P = new Sampling(1, 0, 0.95, 0);

  private final RestModel model;
  private final int[] prompt;
  private final int tokens;

  /// @param tokens of each vote; none ends earlier
  public Voting(RestModel model, int[] prompt, int tokens) {
    this.model = model;
    this.prompt = prompt.clone();
    this.tokens = tokens;
  }

  private static final class Failing implements Listener {
    @Override
    public void finished(Request request, List<Sample> samples) {}

    @Override
    public void failed(Request request, String reason) {
      throw new IllegalStateException(reason);
    }
  }

  /// Draws `votes` votes together.
  public void run(int votes, long seed) {
    int all = Math.ceilDiv(prompt.length + tokens + 1, KvPool.PAGE);
    var limits = new Generator.Limits(votes, all * (votes + 1));
    try (Generator generator =
        new Generator(model.llama(), model.tokenizer(), limits, new Failing())) {
      generator.submit(
          new Request("bench", prompt, votes, TOP_P, Set.of(), List.of(), tokens, seed));
      generator.run();
    }
  }
}
