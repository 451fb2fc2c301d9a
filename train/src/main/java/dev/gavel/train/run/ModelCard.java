package dev.gavel.train.run;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.report.Figures;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/// The `README.md` of a trained model, in the form that the Hub reads.
public final class ModelCard {
  private static final List<String> SETTINGS =
      List.of(
          "learning_rate",
          "lr_scheduler_type",
          "warmup_steps",
          "per_device_train_batch_size",
          "gradient_accumulation_steps",
          "num_train_epochs",
          "max_steps",
          "max_length",
          "weight_decay",
          "adam_beta1",
          "adam_beta2",
          "adam_epsilon",
          "max_grad_norm",
          "dtype",
          "seed");

  private ModelCard() {}

  /// @param method the command that trained it
  /// @param base what it was trained from
  public static void write(
      Path dir, String method, String base, ObjectNode options, TrainerState state)
      throws IOException {
    StringBuilder text = new StringBuilder();
    text.append(
            "---\nlibrary_name: transformers\npipeline_tag: text-generation\ntags:\n- gavel\n- ")
        .append(method)
        .append("\n---\n\n# ")
        .append(dir.toAbsolutePath().getFileName())
        .append("\n\nTrained with `gavel ")
        .append(method)
        .append("` from `")
        .append(base)
        .append("` on `")
        .append(Json.write(options.path("dataset")))
        .append("`, %d steps, %,d tokens.\n\n".formatted(state.step(), state.tokens()));
    text.append("| option | value |\n|---|---|\n");
    for (String key : SETTINGS) {
      if (options.has(key)) {
        text.append("| %s | %s |\n".formatted(key, Json.write(options.get(key))));
      }
    }
    lastOf(state, "loss", text);
    lastOf(state, "eval_loss", text);
    text.append("\nAll options are in `").append(RunFolder.CONFIG);
    text.append("`, all figures in `").append(TrainingLog.METRICS);
    text.append("` and `").append(RunReport.FILE).append("`.\n");
    AtomicFiles.writeString(dir.resolve("README.md"), text.toString());
  }

  private static void lastOf(TrainerState state, String key, StringBuilder text) {
    for (Map<String, Number> row : state.history().reversed()) {
      Number value = row.get(key);
      if (value != null) {
        text.append("\nLast `%s`: %s\n".formatted(key, Figures.number(value.doubleValue())));
        return;
      }
    }
  }
}
