package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// What a demo found.
///
/// @param outOfDomain the plain mean of `sections`
/// @param rightMark see [RightMark]
/// @param tooShort whether the base model had no chance to learn
record DemoResults(
    Score inDomain, Score outOfDomain, List<Score> sections, double rightMark, boolean tooShort) {
  static final String METHOD = "LLM-as-a-judge";

  static DemoResults of(
      List<Judged> inDomain,
      List<Judged> outOfDomain,
      double rightMark,
      boolean tooShort,
      long seed) {
    Bootstrap bootstrap = new Bootstrap(seed, Bootstrap.RESAMPLES);
    List<List<Judged>> strata =
        Arrays.stream(Section.values())
            .map(s -> Judged.of(outOfDomain, pair -> pair.section().equals(s.title())))
            .toList();
    List<Score> sections = new ArrayList<>();
    for (List<Judged> stratum : strata) {
      String title = stratum.getFirst().pair().section();
      sections.add(Score.of(title, List.of(stratum), bootstrap));
    }
    return new DemoResults(
        Score.of("in-domain", List.of(inDomain), bootstrap),
        Score.of("OOD mean", strata, bootstrap),
        sections,
        rightMark,
        tooShort);
  }

  /// In the order of the table.
  List<Score> scores() {
    List<Score> scores = new ArrayList<>(List.of(inDomain, outOfDomain));
    scores.addAll(sections);
    return scores;
  }

  int votes() {
    return scores().stream().mapToInt(s -> s.maj().size()).max().orElse(0);
  }

  /// By method, then section.
  ObjectNode toJson() {
    ObjectNode json = Json.mapper().createObjectNode();
    ObjectNode method = json.putObject(METHOD);
    scores().forEach(score -> method.set(score.section(), score.toJson()));
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
    return remarks;
  }
}
