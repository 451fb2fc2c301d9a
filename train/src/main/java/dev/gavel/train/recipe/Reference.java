package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.train.data.TokenizedPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The log-probabilities of completions under the reference policy: asked of a model when a step
/// needs them, or all of them before the first step. Their bits are the same.
final class Reference implements AutoCloseable {
  /// Asked without its adapter where the policy's adapter began as nothing.
  private @Nullable Llama base;

  private @Nullable Llama model;
  private final Map<TokenizedPair, double[]> known = new IdentityHashMap<>();

  private Reference(@Nullable Llama model, @Nullable Llama base) {
    this.model = model;
    this.base = base;
  }

  /// Asked when a step needs it, or known before the first one, as `--precompute_ref_log_probs`
  /// says.
  static Reference open(
      DpoConfig config,
      ModelSource source,
      RunRows<TokenizedPair> rows,
      Llama policy,
      Path folder,
      RunContext context)
      throws IOException {
    return config.preference().precomputeRefLogProbs()
        ? precomputed(config, source, rows, policy, folder, context)
        : online(config, source, policy);
  }

  /// Asked when a step needs it: `--ref_model`, the policy without its fresh adapter, or the model
  /// that the policy starts from.
  static Reference online(DpoConfig config, ModelSource source, Llama policy) throws IOException {
    Optional<Path> named = config.preference().refModel();
    return named.isEmpty() && source.isFreshAdapter()
        ? new Reference(null, policy)
        : new Reference(source.loadReference(policy.device(), named), null);
  }

  private static Reference precomputed(
      DpoConfig config,
      ModelSource source,
      RunRows<TokenizedPair> rows,
      Llama policy,
      Path folder,
      RunContext context)
      throws IOException {
    List<TokenizedPair> all = new ArrayList<>(rows.rows());
    all.addAll(rows.evalRows());
    ReferenceFile file = ReferenceFile.of(config, source, rows, folder);
    double @Nullable [] sums = file.read(context.err());
    if (sums == null) {
      try (Reference asked = online(config, source, policy)) {
        sums = asked.compute(all, config.train().perDeviceEvalBatchSize(), context);
      }
      file.write(sums);
    }
    Reference known = new Reference(null, null);
    for (int i = 0; i < all.size(); i++) {
      known.known.put(all.get(i), new double[] {sums[2 * i], sums[2 * i + 1]});
    }
    return known;
  }

  /// Sums of the chosen completions, then of the rejected ones [2B].
  double[] sums(List<TokenizedPair> pairs) {
    Llama current = model;
    if (current != null) {
      return score(current, pairs);
    }
    Llama below = base;
    if (below != null) {
      return below.withoutAdapter(() -> score(below, pairs));
    }
    int b = pairs.size();
    double[] sums = new double[2 * b];
    for (int i = 0; i < b; i++) {
      double[] pair = known.get(pairs.get(i));
      if (pair == null) {
        throw new IllegalStateException("a pair has no reference log-probabilities");
      }
      sums[i] = pair[0];
      sums[b + i] = pair[1];
    }
    return sums;
  }

  private static double[] score(Llama model, List<TokenizedPair> pairs) {
    return Tape.paused(() -> {
      try (Scope _ = Scope.open()) {
        return PairScores.of(model, pairs).sums().toDoubles();
      }
    });
  }

  /// Chosen and rejected in turn, for all pairs.
  private double[] compute(List<TokenizedPair> all, int batch, RunContext context) {
    context.err().printf("reference log-probabilities of %d pairs%n", all.size());
    double[] sums = new double[2 * all.size()];
    for (int at = 0; at < all.size(); at += batch) {
      List<TokenizedPair> part = all.subList(at, Math.min(all.size(), at + batch));
      double[] found = sums(part);
      for (int i = 0; i < part.size(); i++) {
        sums[2 * (at + i)] = found[i];
        sums[2 * (at + i) + 1] = found[part.size() + i];
      }
    }
    return sums;
  }

  @Override
  public void close() {
    base = null;
    if (model != null) {
      model.close();
      model = null;
    }
  }
}
