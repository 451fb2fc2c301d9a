package dev.gavel.train.demo;

import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.demo.ModelFiles.Prompt;
import dev.gavel.train.stage.Stage;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// What the commands of several methods have in common.
final class Stages {
  private static final int BATCH = 512;

  private final DemoOptions options;
  private final DemoPlan plan;
  private final DemoFolder folder;

  Stages(DemoOptions options, DemoPlan plan, DemoFolder folder) {
    this.options = options;
    this.plan = plan;
    this.folder = folder;
  }

  /// What all training has in common.
  Stage learning(Stage stage, String rate, String warmup) {
    return onDevice(stage)
        .with("learning_rate", rate)
        .with("lr_scheduler_type", "cosine")
        .with("warmup_steps", warmup)
        .with("weight_decay", "0.1")
        .with("adam_beta2", "0.95")
        .with("max_grad_norm", 1)
        .with("save_total_limit", 1)
        .with("resume_from_checkpoint", true)
        .with("seed", options.seed());
  }

  /// What all training after that of the base model has in common.
  Stage onBase(String command, String rate) {
    Stage stage =
        new Stage(command)
            .with("model_name_or_path", folder.base())
            .with("per_device_train_batch_size", 32)
            .with("gradient_accumulation_steps", 1);
    return learning(stage, rate, "0.1");
  }

  Stage onDevice(Stage stage) {
    Optional<String> device = Optional.of(options.device()).filter(d -> !d.equals("auto"));
    return stage.with("device", device).with("threads", options.threads());
  }

  /// The prompt of those who answer at once.
  Stage askedAtOnce(Stage stage) {
    return stage.with("prompt_template", folder.prompt(Prompt.VERDICT));
  }

  /// Those who think aloud.
  Stage thinking(Stage stage) {
    return stage
        .with("prompt_template", folder.prompt(Prompt.JUDGE))
        .with("verdict_rule", "first")
        .with("max_new_tokens", 28)
        .with("batch_size", BATCH);
  }

  UnaryOperator<Stage> voting(int votes) {
    return stage -> thinking(stage).with("n", votes);
  }

  /// A judging of any pairs.
  Stage judging(String judge, Path model, List<Path> pairs, Path to, UnaryOperator<Stage> how) {
    Stage stage =
        onDevice(new Stage("judge").with("model_name_or_path", model))
            .with("method", judge)
            .with("dataset", pairs);
    return how.apply(stage)
        .with("batch_size", BATCH)
        .with("seed", options.seed())
        .with("output_dir", to);
  }

  /// @param training what makes the model
  /// @param how what is special about asking it
  Method method(
      String id,
      String family,
      int round,
      Role role,
      String about,
      List<Stage> training,
      Path model,
      String judge,
      UnaryOperator<Stage> how) {
    Form form = judge.equals("bt") ? Form.CHAT : Form.TEXTS;
    return new Method(
        id,
        family,
        round,
        role,
        about,
        training,
        model,
        form,
        judging(judge, model, folder.tests(Domain.IN, form), folder.judged(id, Domain.IN), how),
        judging(judge, model, folder.tests(Domain.OUT, form), folder.judged(id, Domain.OUT), how));
  }

  DemoPlan plan() {
    return plan;
  }

  DemoFolder folder() {
    return folder;
  }
}
