package dev.gavel.train.demo;

import dev.gavel.train.stage.Stage;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// A way to tell the better of two answers: one row of the tables.
///
/// @param id its folder
/// @param family the method; several rounds of a loop have one
/// @param round of a loop, from 1; 0 where there is no loop
/// @param about how it works, in a sentence
/// @param training what makes its model, where that is not done yet; empty: it is there already
/// @param model what is asked
/// @param form the rows that it judges
/// @param inDomain asks it about [Domain#IN]
/// @param outOfDomain asks it about [Domain#OUT]
record Method(
    String id,
    String family,
    int round,
    Role role,
    String about,
    List<Stage> training,
    Path model,
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
    EXPLICIT(false),
    /// Learns its own right chains against its wrong ones.
    DPO(true),
    /// Learns its own right chains.
    SFT(true),
    /// Learns reasons that were found in hindsight.
    RATIONALIZER(true),
    /// Another judge, whose chains are learned from.
    SOURCE(true),
    /// Learns the right chains of a source, then its own.
    BOOTSTRAPPED(true),
    /// Learns the right chains of a source in every round.
    IMITATOR(true);

    private final boolean votes;

    Role(boolean votes) {
      this.votes = votes;
    }
  }

  Method {
    training = List.copyOf(training);
  }

  /// As tables and results.json write it.
  String name() {
    return round == 0 ? family : family + " " + round;
  }

  /// Whether it is asked several times and outvotes itself.
  boolean votes() {
    return role.votes;
  }

  /// Whether it stands in the main table: sources, and who begins with them, have their own.
  boolean isHeadline() {
    return switch (role) {
      case SOURCE, BOOTSTRAPPED, IMITATOR -> false;
      case ZERO_SHOT, LETTER, EXPLICIT -> true;
      case DPO, SFT, RATIONALIZER -> round == World.SPLITS;
    };
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
