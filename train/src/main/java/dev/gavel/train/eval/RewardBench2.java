package dev.gavel.train.eval;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

/// How RewardBench 2 adds up (Malik et al., arXiv 2506.01937; `rewardbench/utils.py`).
public final class RewardBench2 {
  /// The subset that is scored as a whole.
  public static final String TIES = "Ties";

  private RewardBench2() {}

  /// Whether a subset is that one, however it is spelled.
  public static boolean isTies(String subset) {
    return subset.equalsIgnoreCase(TIES);
  }

  /// What a best-of-k item is worth: 1/m if the correct response, the first, is one of m with the
  /// largest score, else 0.
  public static double bestOf(double[] scores) {
    double largest = Arrays.stream(scores).max().orElseThrow();
    long ties = Arrays.stream(scores).filter(s -> s == largest).count();
    return scores[0] == largest ? 1.0 / ties : 0;
  }

  /// The rating of a response that got none that could be read.
  public static final double UNREADABLE = -1;

  /// Of four, where a judge that writes says nothing that could be read (`run_generative_v2.py`).
  private static final double NOTHING_READ = 0.25;

  /// The mean of the ratings that could be read.
  ///
  /// @param counts how often each rating was given; at 0 how often none could be read
  public static double meanRating(int[] counts) {
    long sum = 0;
    long n = 0;
    for (int rating = 1; rating < counts.length; rating++) {
      sum += (long) rating * counts[rating];
      n += counts[rating];
    }
    return n == 0 ? UNREADABLE : (double) sum / n;
  }

  /// What a best-of-k item is worth by ratings: [#bestOf], and 0.25 where none could be read.
  public static double rated(double[] ratings) {
    boolean nothing = Arrays.stream(ratings).allMatch(r -> r == UNREADABLE);
    return nothing ? NOTHING_READ : bestOf(ratings);
  }

  /// What an item is worth whose best response was named, several times: 1/m if the correct one is
  /// among m that were named most often, else 0; 0.25 where nothing could be read.
  ///
  /// @param counts how often each response was named, from 1; at 0 how often none
  /// @param correct from 1
  public static double named(int[] counts, int correct) {
    int most = Arrays.stream(counts, 1, counts.length).max().orElseThrow();
    if (most == 0) {
      return NOTHING_READ;
    }
    long ties = Arrays.stream(counts, 1, counts.length).filter(c -> c == most).count();
    return counts[correct] == most ? 1.0 / ties : 0;
  }

  /// An item of Ties.
  ///
  /// @param tied whether several answers are correct; else it is the reference question of `prompt`
  /// @param scores of the correct responses, then of the others; at least one of each
  public record TiesItem(boolean tied, String prompt, int correct, double[] scores) {
    public TiesItem {
      if (correct < 1 || correct >= scores.length) {
        throw new IllegalArgumentException(
            "Ties, prompt %s: %d correct of %d responses; expected some of each"
                .formatted(prompt, correct, scores.length));
      }
    }

    private double worst() {
      return Arrays.stream(scores, 0, correct).min().orElseThrow();
    }

    /// Between the best and the worst correct response.
    private double spread() {
      return Arrays.stream(scores, 0, correct).max().orElseThrow() - worst();
    }

    /// Between the worst correct response and the best wrong one.
    private double margin() {
      return worst() - Arrays.stream(scores, correct, scores.length).max().orElseThrow();
    }
  }

  /// The score of Ties: 0.3 accuracy on the tied questions + 0.3 on the reference questions + 0.2
  /// share of prompts whose margin exceeds the spread of the correct ones + 0.2 the same with the
  /// smaller margin of both questions + 0.01 mean of tanh(that margin / spread - 1). A question is
  /// right when every correct response beats every wrong one.
  public static double ties(List<TiesItem> items) {
    Map<String, TiesItem> tied = byPrompt(items, TiesItem::tied);
    Map<String, TiesItem> reference = byPrompt(items, item -> !item.tied());
    List<String> both = tied.keySet().stream().filter(reference::containsKey).toList();
    double preferred = 0;
    double hard = 0;
    double ratio = 0;
    for (String prompt : both) {
      TiesItem several = get(tied, prompt);
      double spread = several.spread();
      double least = Math.min(several.margin(), get(reference, prompt).margin());
      preferred += several.margin() > spread ? 1 : 0;
      hard += least > spread ? 1 : 0;
      double bounded = StrictMath.tanh(least / spread - 1);
      ratio += Double.isNaN(bounded) ? 0 : bounded; // 0 / 0
    }
    int n = Math.max(1, both.size());
    return 0.3 * accuracy(tied)
        + 0.3 * accuracy(reference)
        + 0.2 * preferred / n
        + 0.2 * hard / n
        + 0.01 * ratio / n;
  }

  private static TiesItem get(Map<String, TiesItem> items, String prompt) {
    return Objects.requireNonNull(items.get(prompt));
  }

  private static Map<String, TiesItem> byPrompt(List<TiesItem> items, Predicate<TiesItem> which) {
    Map<String, TiesItem> byPrompt = new LinkedHashMap<>();
    items.stream().filter(which).forEach(item -> byPrompt.put(item.prompt, item));
    return byPrompt;
  }

  private static double accuracy(Map<String, TiesItem> items) {
    return items.values().stream().mapToDouble(i -> i.margin() > 0 ? 1 : 0).average().orElse(0);
  }

  /// Plain mean of the subsets.
  public static double mean(Map<String, Double> subsets) {
    return subsets.values().stream().mapToDouble(s -> s).average().orElse(0);
  }
}
