package dev.gavel.train.stage;

import dev.gavel.train.config.Bound;
import dev.gavel.train.judge.JudgeOptions;
import dev.gavel.train.judge.JudgeRun;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.recipe.DpoConfig;
import dev.gavel.train.recipe.GenRmConfig;
import dev.gavel.train.recipe.PairRmConfig;
import dev.gavel.train.recipe.RewardConfig;
import dev.gavel.train.recipe.RunContext;
import dev.gavel.train.recipe.SftConfig;
import dev.gavel.train.recipe.TrainConfig;
import dev.gavel.train.recipe.Training;
import dev.gavel.train.run.RunReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// Runs stages in this process, by the code that their commands run. A stage that is done is not
/// done again, one that was interrupted goes on.
public final class StageRunner {
  private final PrintStream log;
  private final BooleanSupplier interrupted;
  private final Map<String, More> more = new HashMap<>();

  /// Runs stages of a command that this class does not know, because it is made of stages itself.
  @FunctionalInterface
  public interface More {
    /// @return false when interrupted
    boolean run(Stage stage) throws IOException;
  }

  public StageRunner(PrintStream log, BooleanSupplier interrupted) {
    this.log = log;
    this.interrupted = interrupted;
  }

  /// Adds a command.
  public StageRunner and(String command, More how) {
    more.put(command, how);
    return this;
  }

  /// @return false when interrupted
  public boolean run(List<Stage> stages) throws IOException {
    for (Stage stage : stages) {
      if (!run(stage)) {
        return false;
      }
    }
    return true;
  }

  /// @return false when interrupted
  public boolean run(Stage stage) throws IOException {
    log.println(stage.line());
    return switch (stage.command()) {
      case "judge" -> judge(stage);
      case "sft" -> train(stage, SftConfig.class);
      case "dpo" -> train(stage, DpoConfig.class);
      case "reward" -> train(stage, RewardConfig.class);
      case "pairrm" -> train(stage, PairRmConfig.class);
      case "genrm" -> train(stage, GenRmConfig.class);
      default -> {
        More how = more.get(stage.command());
        if (how == null) {
          throw new IllegalStateException("no stage runs gavel " + stage.command());
        }
        yield how.run(stage);
      }
    };
  }

  private <C extends Record & TrainConfig> boolean train(Stage stage, Class<C> config)
      throws IOException {
    if (Files.exists(stage.outputDir().resolve(RunReport.FILE))) {
      log.println("is trained already");
      return true;
    }
    Bound<C> call = stage.bind(config);
    RunContext context = new RunContext(log, interrupted);
    return Training.run(call.options(), call.json(), context).checkpoint().isEmpty();
  }

  /// What `gavel judge` takes.
  public record JudgeCall(JudgeOptions judging, ModelOptions model) {}

  private boolean judge(Stage stage) throws IOException {
    JudgeCall call = stage.bind(JudgeCall.class).options();
    return new JudgeRun(call.model(), call.judging(), log, interrupted).run() != null;
  }
}
