package dev.gavel.train.inspect;

import dev.gavel.train.data.Place;

/// How many rows, and where the first one stands.
final class Counted {
  private int count;
  private String first = "";

  void add(Place place) {
    if (count++ == 0) {
      first = place.toString();
    }
  }

  int count() {
    return count;
  }

  /// Where the first one stands; empty without any.
  String first() {
    return first;
  }

  /// `2 of 5 pairs; the first: pairs.jsonl:3`.
  String describe(int of) {
    return count == 0
        ? "none of %,d pairs".formatted(of)
        : "%,d of %,d pairs; the first: %s".formatted(count, of, first);
  }
}
