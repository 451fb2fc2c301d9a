package dev.gavel.train.star;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.PairedAccuracy;
import dev.gavel.train.eval.Turns;
import dev.gavel.train.judge.TwoJudges;
import dev.gavel.train.stage.Stage;
import dev.gavel.train.stage.StageRunner;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What the model of a round, or the one that the first round begins with, judges of every file of
/// `--eval_dataset`, each in a folder of `gavel judge`.
final class Evaluation {
  /// The folder of what the model judges that the first round begins with.
  static final String BASE = "base";

  private final Bound<StarConfig> bound;
  private final StarConfig config;
  private final int round;

  /// @param round from 1; 0: the model that the first one begins with
  Evaluation(Bound<StarConfig> bound, int round) {
    this.bound = bound;
    this.config = bound.options();
    this.round = round;
  }

  /// What a file's results are called.
  static String name(Path file) {
    String name = file.getFileName().toString();
    int dot = name.indexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /// The model as a page calls it.
  String judge() {
    return round == 0 ? BASE : "round " + round;
  }

  private Path folder() {
    return round == 0 ? config.train().outputDir().resolve(BASE) : Round.folder(config, round);
  }

  /// Where the votes on a file are.
  Path judged(Path file) {
    return folder().resolve("judged-" + name(file));
  }

  /// Judges what is not judged yet.
  ///
  /// @return results by the names of the files; null when interrupted
  @Nullable ObjectNode run(PrintStream log, BooleanSupplier interrupted) throws IOException {
    ObjectNode all = Json.mapper().createObjectNode();
    for (Path file : files()) {
      if (!new StageRunner(log, interrupted).run(stage(file))) {
        return null;
      }
      all.set(name(file), Json.read(judged(file).resolve(Round.RESULTS)));
    }
    return all;
  }

  private List<Path> files() {
    return config.data().evalDataset();
  }

  private Stage stage(Path file) {
    Stage stage = Round.stage(bound, "judge", StageRunner.JudgeCall.class);
    stage.with("dataset", file).with("output_dir", judged(file));
    return round == 0
        ? stage // by the model of the loop's own options
        : stage.with("model_name_or_path", folder()).without("base_model");
  }

  /// How this model's verdicts differ from those of another on the same pairs.
  ObjectNode against(Evaluation before) throws IOException {
    ObjectNode all = Json.mapper().createObjectNode();
    for (Path file : files()) {
      TwoJudges judges = TwoJudges.open(before.judged(file), judged(file));
      add(all.putObject(name(file)).put("before", before.judge()), judges);
    }
    return all;
  }

  private void add(ObjectNode json, TwoJudges judges) {
    Bootstrap bootstrap = new Bootstrap(config.judging().seed(), Bootstrap.RESAMPLES);
    PairedAccuracy gain = PairedAccuracy.of(judges.ofB(), judges.ofA(), bootstrap);
    json.put("labelled", gain.labelled());
    json.put("difference", gain.difference());
    if (gain.ci95() == null) {
      json.putNull("ci95");
    } else {
      json.putArray("ci95").add(gain.ci95().low()).add(gain.ci95().high());
    }
    Turns turns = judges.turns();
    json.put("wrong_to_right", turns.onlyB()).put("right_to_wrong", turns.onlyA());
    json.put("both_right", turns.bothRight()).put("both_wrong", turns.bothWrong());
    json.put("undecided", turns.undecided());
    json.put("agreement", judges.agreement().agreement());
  }
}
