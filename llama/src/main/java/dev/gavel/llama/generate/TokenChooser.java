package dev.gavel.llama.generate;

import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Turns rows of logits into tokens and their log-probabilities.
final class TokenChooser {
  private final Device device;
  private final ThreadLocal<Sampler> samplers = ThreadLocal.withInitial(Sampler::new);

  TokenChooser(Device device) {
    this.device = device;
  }

  /// What a row asks for.
  ///
  /// @param u uniform in [0, 1); not used when greedy
  record Ask(Sampling sampling, double u) {}

  /// @param id the token; -1 where the logits are not numbers
  /// @param logprob at temperature 1, nothing cut
  record Choice(int id, double logprob) {}

  /// @param logits [R, V]
  /// @param asks one for each row
  Choice[] choose(Tensor logits, List<Ask> asks) {
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

  /// Several draws from one row: the row is cut once.
  ///
  /// @param logits [1, V]
  /// @param asks of one sampling
  Choice[] chooseFromOne(Tensor logits, List<Ask> asks) {
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
      Choice[] choices = new Choice[ids.length];
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

  private Choice[] withLogprobs(Tensor logits, int[] ids) {
    int[] targets = IntStream.of(ids).map(i -> Math.max(0, i)).toArray();
    Shape rows = Shape.of(ids.length);
    Tensor values = device.empty(logits.dtype(), rows);
    Tensor stats = device.empty(logits.dtype(), Shape.of(ids.length, 3));
    device.backend().logProb(logits, device.ofInts(targets), values, stats);
    double[] logprobs = values.toDoubles();
    Choice[] choices = new Choice[ids.length];
    for (int r = 0; r < ids.length; r++) {
      boolean bad = ids[r] < 0 || Double.isNaN(logprobs[r]);
      choices[r] = new Choice(bad ? -1 : ids[r], logprobs[r]);
    }
    return choices;
  }
}
