package dev.gavel.llama.generate;

import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.Backend.TokenAsk;
import dev.gavel.tensor.spi.Backend.TokenChoice;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Turns rows of logits into tokens and their log-probabilities, on the device if it can.
final class TokenChooser {
  private final Device device;
  private final ThreadLocal<Sampler> samplers = ThreadLocal.withInitial(Sampler::new);

  TokenChooser(Device device) {
    this.device = device;
  }

  /// What a draw asks for.
  ///
  /// @param u uniform in [0, 1); not used when greedy
  record Ask(Sampling sampling, double u) {
    TokenAsk ofRow(int row) {
      return new TokenAsk(
          row, sampling.temperature(), sampling.topK(), sampling.topP(), sampling.minP(), u);
    }
  }

  /// @param logits [R, V]
  /// @param asks one for each row
  TokenChoice[] choose(Tensor logits, List<Ask> asks) {
    List<TokenAsk> rows =
        IntStream.range(0, asks.size()).mapToObj(r -> asks.get(r).ofRow(r)).toList();
    TokenChoice[] choices = device.backend().chooseTokens(logits, rows);
    return choices == null ? chooseHere(logits, asks) : choices;
  }

  /// Several draws from one row.
  ///
  /// @param logits [1, V]
  /// @param asks of one sampling
  TokenChoice[] chooseFromOne(Tensor logits, List<Ask> asks) {
    List<TokenAsk> rows = asks.stream().map(a -> a.ofRow(0)).toList();
    TokenChoice[] choices = device.backend().chooseTokens(logits, rows);
    return choices == null ? chooseFromOneHere(logits, asks) : choices;
  }

  private TokenChoice[] chooseHere(Tensor logits, List<Ask> asks) {
    try (Scope _ = Scope.open()) {
      int[] ids = Ops.rowMax(logits).index().toInts();
      double[][] p = new double[ids.length][];
      for (int r = 0; r < ids.length; r++) {
        if (!asks.get(r).sampling().greedy()) {
          p[r] = probabilities(logits.rows(r, r + 1), asks.get(r).sampling().temperature());
        }
      }
      IntStream.range(0, ids.length)
          .parallel()
          .filter(r -> p[r] != null)
          .forEach(r -> ids[r] = draw(p[r], asks.get(r)));
      return withLogprobs(logits, ids);
    }
  }

  /// The row is cut once.
  private TokenChoice[] chooseFromOneHere(Tensor logits, List<Ask> asks) {
    try (Scope _ = Scope.open()) {
      int[] ids = new int[asks.size()];
      Sampling sampling = asks.get(0).sampling();
      if (sampling.greedy()) {
        Arrays.fill(ids, Ops.rowMax(logits).index().toInts()[0]);
      } else {
        double[] p = probabilities(logits, sampling.temperature());
        Sampler sampler = samplers.get();
        double sum = sampler.cut(p, sampling);
        Arrays.setAll(ids, i -> sum > 0 ? sampler.draw(p, sum, asks.get(i).u()) : -1);
      }
      TokenChoice[] choices = new TokenChoice[ids.length];
      for (int i = 0; i < ids.length; i++) {
        choices[i] = withLogprobs(logits, new int[] {ids[i]})[0];
      }
      return choices;
    }
  }

  private double[] probabilities(Tensor row, double temperature) {
    try (Scope _ = Scope.open()) {
      Tensor p = device.empty(row.dtype(), row.shape());
      device.backend().softmax(row, temperature, p);
      return p.toDoubles();
    }
  }

  private int draw(double[] p, Ask ask) {
    Sampler sampler = samplers.get();
    double sum = sampler.cut(p, ask.sampling());
    return sum > 0 ? sampler.draw(p, sum, ask.u()) : -1;
  }

  private TokenChoice[] withLogprobs(Tensor logits, int[] ids) {
    int[] targets = IntStream.of(ids).map(i -> Math.max(0, i)).toArray();
    Shape rows = Shape.of(ids.length);
    Tensor values = device.empty(logits.dtype(), rows);
    Tensor stats = device.empty(logits.dtype(), Shape.of(ids.length, 3));
    device.backend().logProb(logits, device.ofInts(targets), values, stats);
    double[] logprobs = values.toDoubles();
    TokenChoice[] choices = new TokenChoice[ids.length];
    for (int r = 0; r < ids.length; r++) {
      boolean bad = ids[r] < 0 || Double.isNaN(logprobs[r]);
      choices[r] = new TokenChoice(bad ? -1 : ids[r], logprobs[r]);
    }
    return choices;
  }
}
