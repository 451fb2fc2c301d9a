package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.report.Figures;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/// What a demo found.
///
/// @param methods the zero-shot judge first
/// @param differences of each later method to the first, on the same pairs
/// @param rightMark see [RightMark]
/// @param tooShort whether the base model had no chance to learn
record DemoResults(
    List<MethodResult> methods,
    List<List<Difference>> differences,
    List<Claim> claims,
    double rightMark,
    boolean tooShort) {
  DemoResults {
    methods = List.copyOf(methods);
    differences = List.copyOf(differences);
    claims = List.copyOf(claims);
  }

  static DemoResults of(
      List<MethodResult> methods, double rightMark, boolean tooShort, Bootstrap bootstrap) {
    boolean decidable = !tooShort && rightMark > RightMark.LEARNED;
    MethodResult first = methods.getFirst();
    return new DemoResults(
        methods,
        methods.stream()
            .filter(r -> r.method().isHeadline())
            .skip(1)
            .map(other -> other.minus(first, bootstrap))
            .toList(),
        Claims.of(methods, decidable, bootstrap),
        rightMark,
        tooShort);
  }

  /// The method with which the others are compared.
  MethodResult zeroShot() {
    return methods.getFirst();
  }

  /// Those of the main table.
  List<MethodResult> headline() {
    return methods.stream().filter(result -> result.method().isHeadline()).toList();
  }

  List<MethodResult> voting() {
    return headline().stream().filter(result -> result.method().votes()).toList();
  }

  /// By method, then section.
  ObjectNode toJson() {
    ObjectNode json = Json.mapper().createObjectNode();
    methods.forEach(result -> json.set(result.name(), result.toJson()));
    return json;
  }

  /// What one should know before believing the figures.
  List<String> remarks() {
    List<String> remarks = new ArrayList<>();
    if (tooShort) {
      remarks.add("too short to learn: figures mean nothing");
    }
    remarks.add(
        String.format(
            Locale.ROOT,
            "right mark: %.2f (its probability on clean chains; above %.1f the model has learned to"
                + " compare)",
            rightMark,
            RightMark.LEARNED));
    if (!tooShort && rightMark <= RightMark.LEARNED) {
      remarks.add(
          "the base model has not learned to compare: the figures are those of a poor judge;"
              + " another --seed may learn");
    }
    remarks.add(
        "votes without a verdict, in and out of domain: "
            + voting().stream()
                .map(result ->
                    "%s %s, %s"
                        .formatted(
                            result.name(),
                            Figures.percent(result.inDomain().abstainRate()),
                            Figures.percent(result.outOfDomain().abstainRate())))
                .collect(Collectors.joining("; ")));
    return remarks;
  }
}
