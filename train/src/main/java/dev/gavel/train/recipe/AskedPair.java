package dev.gavel.train.recipe;

import java.util.List;

/// A pair under the orders in which it is asked.
///
/// @param questions one or two, `ab` first
record AskedPair(List<Question> questions) {
  /// Those of several pairs.
  static List<Question> questions(List<AskedPair> pairs) {
    return pairs.stream().flatMap(pair -> pair.questions.stream()).toList();
  }

  int tokens() {
    return questions.stream().mapToInt(q -> q.ids().length).sum();
  }

  int longest() {
    return questions.stream().mapToInt(q -> q.ids().length).max().orElse(0);
  }
}
