package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What a method said about the test, and what it is worth.
///
/// @param parts in-domain, the mean of the sections out of domain, and each of those
/// @param scores of `parts`
/// @param made what the last round of its loop was made from; null where there is no loop
record MethodResult(Method method, List<Part> parts, List<Score> scores, @Nullable Round made) {
  static final int IN_DOMAIN = 0;
  static final int OUT_OF_DOMAIN = 1;

  MethodResult {
    parts = List.copyOf(parts);
    scores = List.copyOf(scores);
  }

  static MethodResult of(
      Method method, List<Judged> inDomain, List<Judged> outOfDomain, Bootstrap bootstrap) {
    List<List<Judged>> sections =
        Arrays.stream(Section.values())
            .map(s -> Judged.of(outOfDomain, pair -> pair.section().equals(s.title())))
            .toList();
    List<Part> parts = new ArrayList<>();
    parts.add(new Part("in-domain", List.of(inDomain)));
    parts.add(new Part("OOD mean", sections));
    for (int i = 0; i < sections.size(); i++) {
      parts.add(new Part(Section.values()[i].title(), List.of(sections.get(i))));
    }
    List<Score> scores = parts.stream().map(part -> Score.of(part, bootstrap)).toList();
    return new MethodResult(method, parts, scores, null);
  }

  MethodResult with(Round round) {
    return new MethodResult(method, parts, scores, round);
  }

  String name() {
    return method.name();
  }

  Score inDomain() {
    return scores.get(IN_DOMAIN);
  }

  Score outOfDomain() {
    return scores.get(OUT_OF_DOMAIN);
  }

  /// By how much it is better than another method on the same pairs, of each part.
  List<Difference> minus(MethodResult other, Bootstrap bootstrap) {
    List<Difference> differences = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      differences.add(Difference.of(parts.get(i), other.parts.get(i), bootstrap));
    }
    return differences;
  }

  Difference minus(MethodResult other, int part, Bootstrap bootstrap) {
    return Difference.of(parts.get(part), other.parts.get(part), bootstrap);
  }

  Score score(int part) {
    return scores.get(part);
  }

  /// All pairs, each once.
  List<Judged> judged() {
    return Stream.of(IN_DOMAIN, OUT_OF_DOMAIN).flatMap(i -> parts.get(i).all().stream()).toList();
  }

  /// Votes on each pair.
  int votes() {
    return judged().getFirst().votes().size();
  }

  /// By section.
  ObjectNode toJson() {
    ObjectNode json = Json.mapper().createObjectNode();
    scores.forEach(score -> json.set(score.section(), score.toJson()));
    return json;
  }
}
