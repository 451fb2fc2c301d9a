package dev.gavel.train.recipe;

import dev.gavel.tensor.Tensor;
import java.io.PrintStream;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Looks at a run's figures for signs that it does not do what was meant, and says each once: days
/// are lost where nobody looks (huggingface/trl#1311, #1236, #2435).
final class Watch {
  /// Rewards that are further apart than this are no longer a matter of preference.
  private static final double WIDE_MARGIN = 10;

  private final PrintStream err;
  private final Set<String> said = new HashSet<>();
  private boolean compared;
  private boolean changed;

  Watch(PrintStream err) {
    this.err = err;
  }

  /// Runs an update; the first one with a learning rate above 0 must change something.
  void update(int step, double rate, double norm, List<Tensor> parameters, Runnable update) {
    if (compared || rate == 0) {
      update.run();
      return;
    }
    compared = true;
    double before = sum(parameters);
    update.run();
    changed = sum(parameters) != before;
    if (!changed) {
      say(
          "step %d changed no parameter (learning rate %s, grad_norm %s): it learns nothing"
                  .formatted(step, rate, norm)
              + (norm == 0 ? "; no gradient reaches the weights" : "; the rate is too small"));
    }
  }

  private static double sum(List<Tensor> parameters) {
    return parameters.isEmpty()
        ? 0
        : parameters.getFirst().device().backend().sumOfSquares(parameters);
  }

  /// Looks at what a step saw, with the weights before its update.
  void look(int step, Map<String, Double> means) {
    Double chosen = means.get("rewards/chosen");
    Double rejected = means.get("rewards/rejected");
    if (chosen == null || rejected == null) {
      return;
    }
    if (changed && chosen == 0 && rejected == 0) {
      say(
          "step %d: all rewards are 0 although weights have changed: policy and reference are the same model"
              .formatted(step));
    }
    if (chosen - rejected > WIDE_MARGIN && chosen < 0) {
      say(
          "step %d: rewards/margins is %.1f while logps/chosen falls below the reference's (rewards/chosen %.1f): the policy unlearns what is preferred; a larger --beta, a smaller --learning_rate, or --rpo_alpha 1 holds it"
              .formatted(step, chosen - rejected, chosen));
    }
  }

  private void say(String warning) {
    String kind = warning.replaceAll("[-0-9.Ee]+", "");
    if (said.add(kind)) {
      err.println("warning: " + warning);
    }
  }
}
