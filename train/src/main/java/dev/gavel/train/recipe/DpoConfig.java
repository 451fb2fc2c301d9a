package dev.gavel.train.recipe;

import dev.gavel.train.config.Defaults;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.config.UsageException;
import dev.gavel.train.config.With;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Truncation;
import dev.gavel.train.loss.PreferenceObjective;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Direct preference optimization and its family, with the names and defaults of TRL's `DPOConfig`,
/// except that on the CPU arithmetic is f32 and activations are not checkpointed.
public record DpoConfig(
    StartOptions model,
    DatasetOptions data,
    Preference preference,
    @Opt(
            value = "which end of a row that is too long stays",
            def = "keep_start",
            with = "max_length!=0")
        Truncation truncationMode,
    PreferenceRows.Options rows,
    @Defaults("disable_dropout=true") LoraOptions lora,
    @With(TrainOptions.EVALUATING + " or precompute_ref_log_probs=true")
        @Defaults("learning_rate=1e-6")
        TrainOptions train)
    implements TrainConfig {
  /// Those of [dev.gavel.train.loss.LossTypes], for the help.
  static final String NAMES =
      "sigmoid, hinge, ipo, robust, exo_pair, nca_pair, bco_pair, sppo_hard, aot, aot_unpaired,"
          + " apo_zero, apo_down, discopop, sigmoid_norm, sft, rpo, conservative, simpo, orpo";

  /// What is preferred, and to what.
  @OptGroup("Preference")
  public record Preference(
      @Opt(
              value = "the reference policy; default: the weights that training begins with",
              meta = "DIR")
          Optional<Path> refModel,
      @Opt(value = "how strongly the reference holds the policy", def = "0.1", range = "(0, inf)")
          double beta,
      @Opt(
              value =
                  "losses whose weighted sum is minimised, by name ("
                      + NAMES
                      + "), or the class of"
                      + " one on GAVEL_CLASSPATH",
              def = "sigmoid",
              meta = "NAME")
          List<String> lossType,
      @Opt(value = "a weight for each of them; default: 1", range = "(-inf, inf)")
          List<Double> lossWeights,
      @Opt(
              value = "share of labels taken to be wrong, where a loss reads it",
              def = "0",
              range = "[0, 1)")
          double labelSmoothing,
      @Opt(
              value =
                  "adds this times the negative log-likelihood of the chosen completion, divided by its"
                      + " tokens",
              range = "[0, inf)")
          Optional<Double> rpoAlpha,
      @Opt(
              value =
                  "compute the reference's log-probabilities before training, once, and keep them",
              def = "false")
          boolean precomputeRefLogProbs,
      @Opt(value = "values that one loss alone has", key = "loss.NAME", meta = "VALUE")
          Map<String, String> loss) {
    public Preference {
      try {
        objective(lossType, lossWeights, beta, labelSmoothing, rpoAlpha, loss);
      } catch (UsageException e) {
        throw new IllegalArgumentException(String.join("; ", e.problems()), e);
      }
    }

    private static PreferenceObjective objective(
        List<String> types,
        List<Double> weights,
        double beta,
        double labelSmoothing,
        Optional<Double> rpoAlpha,
        Map<String, String> loss)
        throws UsageException {
      return PreferenceObjective.of(types, weights, beta, labelSmoothing, rpoAlpha, loss);
    }

    PreferenceObjective objective() {
      try {
        return objective(lossType, lossWeights, beta, labelSmoothing, rpoAlpha, loss);
      } catch (UsageException e) {
        throw new IllegalStateException(e); // the constructor has made it once
      }
    }
  }

  public DpoConfig {
    TrainConfig.require(data, train);
    if (preference.refModel().isPresent() && !preference.objective().usesReference()) {
      throw new IllegalArgumentException(
          "--ref_model: loss type %s reads no reference"
              .formatted(String.join(", ", preference.lossType())));
    }
    if (preference.precomputeRefLogProbs() && !preference.objective().usesReference()) {
      throw new IllegalArgumentException(
          "--precompute_ref_log_probs true: loss type %s reads no reference"
              .formatted(String.join(", ", preference.lossType())));
    }
  }

  @Override
  public String command() {
    return "dpo";
  }

  @Override
  public String title() {
    return "Preference optimization";
  }

  @Override
  public Recipe recipe(ModelSource source, PrintStream err) throws IOException {
    return DpoRecipe.read(this, source, err);
  }
}
