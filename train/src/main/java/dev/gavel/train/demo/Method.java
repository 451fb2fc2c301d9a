package dev.gavel.train.demo;

import dev.gavel.train.stage.Stage;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A way to tell the better of two answers: one row of the tables.
///
/// @param name as tables and results.json write it
/// @param about how it works, in a sentence
/// @param training what makes its model; empty: it is the base model
/// @param form the rows that it judges
/// @param inDomain asks it about [Domain#IN]
/// @param outOfDomain asks it about [Domain#OUT]
record Method(
    String name,
    Role role,
    String about,
    Optional<Stage> training,
    LabelledPair.Form form,
    Stage inDomain,
    Stage outOfDomain) {
  /// What the claims say about it.
  enum Role {
    /// The base model, thinking aloud and voting: what the others are compared with.
    ZERO_SHOT(true),
    /// The base model, asked for a letter.
    LETTER(false),
    /// A reward model that is trained on the preferences and does not reason.
    EXPLICIT(false);

    private final boolean votes;

    Role(boolean votes) {
      this.votes = votes;
    }
  }

  /// Whether it is asked several times and outvotes itself.
  boolean votes() {
    return role.votes;
  }

  Stage judging(Domain domain) {
    return switch (domain) {
      case IN -> inDomain;
      case OUT -> outOfDomain;
    };
  }

  /// Everything that it takes, in order.
  List<Stage> stages() {
    return Stream.concat(training.stream(), Stream.of(inDomain, outOfDomain)).toList();
  }
}
