package dev.gavel.train.demo;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The paper's own values (*Generative Reward Models*, arXiv 2410.12832v1), as its text and tables
/// print them, for models of eight billion parameters. Its figures have no printed numbers. The run
/// is never compared with them by a test: they only stand beside it.
final class PaperValues {
  /// Values in per cent, as printed; `of one`: by one vote.
  record Pair(@Nullable String inDomain, @Nullable String outOfDomain) {}

  private static final Pair NONE = new Pair(null, null);

  /// Trained on UltraFeedback (section 5.1, Fig. 2): UltraFeedback, RewardBench.
  private static final Map<String, Pair> FEEDBACK =
      Map.of(
          "LLM-as-a-judge", new Pair("67.75", "75.18"),
          "GenRM (base)", new Pair("52.25", "60.60"),
          "Bradley-Terry", new Pair("73–74", null),
          "PairRM", new Pair("73–74", null),
          "GenRM", new Pair("73–74", "78.9"),
          "STaR-DPO", new Pair("73.9", "81.9"),
          "STaR-SFT", new Pair("67.4", "77.05"),
          "STaR-Rationalizer", new Pair(null, "67.62 of one"));

  /// Trained on UltraInteract (section 5.2, Fig. 4): UltraInteract, RewardBench Reasoning.
  private static final Map<String, Pair> INTERACT =
      Map.of(
          "LLM-as-a-judge", new Pair("68.8", "76.6"),
          "Bradley-Terry", new Pair("94", "below 50"),
          "PairRM", new Pair("94", null),
          "GenRM", new Pair("94", "70.8"),
          "STaR-DPO", new Pair("90.2", "87.2"));

  /// Table 1 and Table 3, by family and round: UltraFeedback, RewardBench, majority of 32.
  private static final Map<String, Pair> ROUNDS =
      Map.ofEntries(
          Map.entry("STaR-DPO 1", new Pair("71.28", null)),
          Map.entry("STaR-DPO 2", new Pair("72.98", null)),
          Map.entry("STaR-DPO 3", new Pair("73.58", null)),
          Map.entry("STaR-SFT 1", new Pair("68.63", "77.34")),
          Map.entry("STaR-SFT 2", new Pair("67.68", "77.61")),
          Map.entry("STaR-SFT 3", new Pair("67.38", "77.05")),
          Map.entry("STaR-Rationalizer 1", new Pair(null, "71.73 of one")),
          Map.entry("STaR-Rationalizer 3", new Pair(null, "67.62 of one")),
          Map.entry("STaR-SFT from strong kin 1", new Pair("70.50", "77.09")),
          Map.entry("STaR-SFT from strong kin 2", new Pair("70.13", "68.78")),
          Map.entry("STaR-SFT from strong kin 3", new Pair("69.58", "63.43")),
          Map.entry("STaR-SFT from foreign 1", new Pair("62.85", "69.58")),
          Map.entry("STaR-SFT from foreign 2", new Pair("68.55", "75.63")),
          Map.entry("STaR-SFT from foreign 3", new Pair("71.73", "78.29")),
          Map.entry("STaR-SFT from foreign (full) 1", new Pair("62.60", "70.52")));

  private PaperValues() {}

  static Pair feedback(Method method) {
    return FEEDBACK.getOrDefault(method.family(), NONE);
  }

  static Pair interact(Method method) {
    return INTERACT.getOrDefault(method.family(), NONE);
  }

  static Pair round(Method method) {
    return ROUNDS.getOrDefault(method.name(), NONE);
  }
}
