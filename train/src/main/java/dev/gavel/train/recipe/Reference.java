package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.train.data.TokenizedPair;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
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

  static Reference open(
      DpoConfig config,
      ModelSource source,
      RunRows<TokenizedPair> rows,
      Llama policy,
      Path folder,
      RunContext context)
      throws IOException {
    boolean ahead = config.preference().precomputeRefLogProbs();
    ReferenceFile file = ahead ? ReferenceFile.of(config, source, rows, folder) : null;
    double @Nullable [] stored = file == null ? null : file.read(context.err());
    boolean under = config.preference().refModel().isEmpty() && source.isFreshAdapter();
    Reference reference =
        new Reference(
            stored != null || under ? null : load(config, source, policy.device()),
            under && stored == null ? policy : null);
    if (file != null) {
      List<TokenizedPair> all = new ArrayList<>(rows.rows());
      all.addAll(rows.evalRows());
      double[] sums =
          stored != null
              ? stored
              : reference.compute(all, config.train().perDeviceEvalBatchSize(), context);
      if (stored == null) {
        file.write(sums);
        reference.close();
      }
      for (int i = 0; i < all.size(); i++) {
        reference.known.put(all.get(i), new double[] {sums[2 * i], sums[2 * i + 1]});
      }
    }
    return reference;
  }

  private static Llama load(DpoConfig config, ModelSource source, Device device)
      throws IOException {
    return source.loadReference(device, config.preference().refModel());
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
