package dev.gavel.train.demo;

import java.util.List;
import java.util.stream.IntStream;

/// How much of everything a demo makes.
///
/// @param documents of each phase of base training
/// @param perSplit pairs of each part of the preferences
/// @param epochs over the preferences
/// @param inDomain test pairs
/// @param perSection test pairs of each out-of-domain section
/// @param votes on each pair
/// @param someVotes on each pair, of judges whose rounds or sources are compared
/// @param lesson documents that teach a source to judge
/// @param probes clean chains on which comparing is measured; in training on every fourth
/// @param tooShort nothing can be learned in so few steps
record DemoPlan(
    List<Integer> documents,
    int perSplit,
    int epochs,
    int inDomain,
    int perSection,
    int votes,
    int someVotes,
    int lesson,
    int probes,
    boolean tooShort) {
  private static final DemoPlan WHOLE =
      new DemoPlan(
          World.PHASES.stream().map(World.Phase::documents).toList(),
          World.PER_SPLIT,
          3,
          World.IN_DOMAIN,
          World.PER_SECTION,
          32,
          8,
          4_000,
          400,
          false);

  /// About 250 steps.
  private static final DemoPlan FAST =
      new DemoPlan(List.of(7_200, 3_200), 100, 1, 40, 20, 8, 4, 320, 400, true);

  DemoPlan {
    documents = List.copyOf(documents);
  }

  static DemoPlan of(DemoOptions options) {
    return (options.fast() ? FAST : WHOLE).scaled(options.scale());
  }

  private DemoPlan scaled(double by) {
    return new DemoPlan(
        documents.stream().map(n -> scaled(n, by)).toList(),
        scaled(perSplit, by),
        epochs,
        scaled(inDomain, by),
        scaled(perSection, by),
        votes,
        someVotes,
        scaled(lesson, by),
        probes,
        tooShort);
  }

  private static int scaled(int n, double by) {
    return (int) Math.max(1, Math.round(n * by));
  }

  int phases() {
    return documents.size();
  }

  /// Optimizer steps of a phase.
  int steps(int phase) {
    return Math.ceilDiv(documents.get(phase), World.PHASES.get(phase).batch());
  }

  int steps() {
    return IntStream.range(0, phases()).map(this::steps).sum();
  }
}
