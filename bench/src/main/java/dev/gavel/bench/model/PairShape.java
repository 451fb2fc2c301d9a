package dev.gavel.bench.model;

import java.util.ArrayList;
import java.util.List;

/// The pairs of a step of preference optimization; the same as `PAIRS` in `bench/peers/peer.py`.
///
/// @param prompt tokens of a prompt, at most
/// @param completion tokens of each completion, at most
/// @param ragged lengths from 8 to the most less 8, the same in each step, so that all steps do as
///   much and only the texts differ; else all have the most
public record PairShape(ModelShape model, int pairs, int prompt, int completion, boolean ragged) {
  private static final int SHORTEST = 8;

  /// Where the numbers begin that lengths are made of.
  private static final int LENGTHS = 1000;

  /// A pair as token ids.
  public record Ids(int[] prompt, int[] chosen, int[] rejected) {
    /// Tokens of both sequences.
    int tokens() {
      return 2 * prompt.length + chosen.length + rejected.length;
    }
  }

  /// Pairs of equal lengths.
  ///
  /// @throws IllegalArgumentException naming those that there are
  public static PairShape named(String name) {
    return switch (name) {
      case "7m" -> new PairShape(ModelShape.named(name), 8, 128, 128, false);
      case "100m" -> new PairShape(ModelShape.named(name), 2, 256, 256, false);
      default ->
          throw new IllegalArgumentException(
              "no pairs for a model shape '%s'; here are 7m and 100m".formatted(name));
    };
  }

  /// The same with other lengths.
  public PairShape ragged(boolean is) {
    return new PairShape(model, pairs, prompt, completion, is);
  }

  /// The rows of a step.
  public List<Ids> rows(int step) {
    int[] most = {prompt, completion, completion};
    long first = (long) step * pairs * (prompt + 2 * completion);
    List<Ids> rows = new ArrayList<>();
    for (int i = 0; i < pairs; i++) {
      int[][] texts = new int[most.length][];
      for (int k = 0; k < most.length; k++) {
        int length = ragged ? length(most.length * i + k, most[k]) : most[k];
        texts[k] = model.text(first, length);
        first += most[k];
      }
      rows.add(new Ids(texts[0], texts[1], texts[2]));
    }
    return rows;
  }

  private static int length(int i, int most) {
    return SHORTEST + ModelShape.token(LENGTHS + i, most - 2 * SHORTEST + 1);
  }

  /// Tokens of a step: those of all chosen and rejected sequences.
  public int tokens() {
    return rows(0).stream().mapToInt(Ids::tokens).sum();
  }

  /// FLOPs of a step at least: those of [ModelShape#stepFlops], and the forward pass of a
  /// reference; the head sees completions alone.
  public double stepFlops() {
    double head = (double) model.vocabulary() * model.hidden();
    double layers = model.parameters() - (model.tied() ? 1 : 2) * head;
    double attention = 2.0 * (2 + 5 + 2) * model.heads() * model.headDim() * model.layers();
    double flops = 0;
    for (Ids row : rows(0)) {
      for (int[] completion : List.of(row.chosen, row.rejected)) {
        double n = row.prompt.length + completion.length;
        flops += (6 + 2) * (layers * n + head * completion.length) + attention * n * (n + 1) / 2;
      }
    }
    return flops;
  }
}
