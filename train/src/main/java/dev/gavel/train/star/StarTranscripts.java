package dev.gavel.train.star;

import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.SideBySide;
import dev.gavel.train.judge.Transcripts;
import dev.gavel.train.judge.TwoJudges;
import dev.gavel.train.report.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// What was said in a run, to unfold: chains of each round, and judges side by side.
final class StarTranscripts {
  /// Most pairs of each kind.
  private static final int EACH = 4;

  private final Page page;
  private final StarConfig config;
  private final List<List<PairRow>> parts;

  /// @param parts the rows of each round
  StarTranscripts(Page page, StarConfig config, List<List<PairRow>> parts) {
    this.page = page;
    this.config = config;
    this.parts = parts;
  }

  /// Chains that the rounds drew.
  void write() throws IOException {
    page.paragraph("The first of each kind; all of them are in the files that are named.");
    for (int round = 1; round <= parts.size(); round++) {
      Path folder = Round.folder(config, round);
      page.fold("round " + round);
      boolean drawn = add(folder.resolve(Round.DRAWS), round, false);
      boolean explained = add(folder.resolve(Round.EXPLANATIONS), round, true);
      if (!drawn && !explained) {
        page.paragraph(
            "It learned from rationales of another model: "
                + config.star().rationales().map(Path::toString).orElse("none"));
      }
      page.unfold();
    }
  }

  private boolean add(Path file, int round, boolean explanations) throws IOException {
    if (!Files.exists(file) || Files.size(file) == 0) {
      return false;
    }
    String what = explanations ? "explanations" : "chains";
    page.note("All %s: iteration-%d/%s.".formatted(what, round, file.getFileName()));
    Transcripts.read(file, parts.get(round - 1), EACH, explanations).write(page);
    return true;
  }

  /// Pairs of a file whose majority a round turned.
  ///
  /// @param found their counts
  void sideBySide(Path file, Evaluation before, Evaluation after, JsonNode found)
      throws IOException {
    int better = found.get("wrong_to_right").asInt();
    int worse = found.get("right_to_wrong").asInt();
    if (better + worse == 0) {
      return;
    }
    page.fold(
        "%s, %s → %s: %d from wrong to right, %d from right to wrong"
            .formatted(Evaluation.name(file), before.judge(), after.judge(), better, worse));
    TwoJudges judges = TwoJudges.open(before.judged(file), after.judged(file));
    SideBySide texts = new SideBySide(judges, before.judge(), after.judge(), EACH);
    if (better > 0) {
      page.subheading("From wrong to right" + shown(better));
      texts.writeOnlyB(page);
    }
    if (worse > 0) {
      page.subheading("From right to wrong" + shown(worse));
      texts.writeOnlyA(page);
    }
    page.unfold();
  }

  private static String shown(int all) {
    return all <= EACH ? "" : ": %d of %d".formatted(EACH, all);
  }
}
