package dev.gavel.train.data;

/// How many rows, and where the first one stands.
public final class Counted {
  private int count;
  private String first = "";

  public void add(Place place) {
    if (count++ == 0) {
      first = place.toString();
    }
  }

  public int count() {
    return count;
  }

  /// Where the first one stands; empty without any.
  public String first() {
    return first;
  }

  /// `2 of 5 pairs; the first: pairs.jsonl:3`.
  public String describe(int of) {
    return count == 0
        ? "none of %,d pairs".formatted(of)
        : "%,d of %,d pairs; the first: %s".formatted(count, of, first);
  }
}
