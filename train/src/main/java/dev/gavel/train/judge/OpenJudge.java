package dev.gavel.train.judge;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A judge's models, loaded, and what it makes of them.
public final class OpenJudge implements AutoCloseable {
  private final MethodOptions method;
  private final List<LoadedModel> models = new ArrayList<>();

  private OpenJudge(MethodOptions method) {
    this.method = method;
  }

  /// Loads what the method needs.
  ///
  /// @throws FormatException for a folder that is none of this method's models
  public static OpenJudge open(ModelOptions options, MethodOptions method) throws IOException {
    OpenJudge judge = new OpenJudge(method);
    try {
      judge.models.add(LoadedModel.open(options, method.method().architecture));
      judge.requireHead(options.modelNameOrPath());
      if (method.method() == JudgeMethod.DPO) {
        Path reference =
            method
                .refModel()
                .or(() -> judge.base(options))
                .orElseThrow(() ->
                    new IllegalArgumentException(
                        "--method dpo needs --ref_model DIR: the policy that training began with"));
        judge.models.add(
            LoadedModel.open(options.withModel(reference), method.method().architecture));
      }
      return judge;
    } catch (IOException | RuntimeException e) {
      judge.close();
      throw e;
    }
  }

  /// The model under an adapter, which its training began with.
  private Optional<Path> base(ModelOptions options) {
    try {
      return ModelFolder.baseOf(options.modelNameOrPath(), options.baseModel());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void requireHead(Path folder) throws FormatException {
    if (method.method() != JudgeMethod.BT && method.method() != JudgeMethod.PAIRRM) {
      return;
    }
    var config = model().llama().config();
    boolean pair = config.extra(LlamaConfig.HEAD).equals(JudgeMethod.PAIR_HEAD);
    if (config.numLabels() != 1 || pair != (method.method() == JudgeMethod.PAIRRM)) {
      throw new FormatException(
          "%s: has %s; --method %s needs a model of `gavel %s`"
              .formatted(
                  folder,
                  config.numLabels() != 1
                      ? config.numLabels() + " labels"
                      : pair ? "a head that reads pairs" : "a head that reads single responses",
                  method.method(),
                  pair ? "reward" : "pairrm"));
    }
  }

  /// The model that judges.
  public LoadedModel model() {
    return models.getFirst();
  }

  /// Scores single responses; only for methods that do.
  public ResponseScorer responses() {
    return switch (method.method()) {
      case BT -> new ResponseScorer.BradleyTerryScorer(model());
      case DPO -> new ResponseScorer.ImplicitReward(model(), models.get(1), method.beta());
      case COT, GENRM, PAIRRM ->
          throw new IllegalStateException("--method " + method.method() + " compares pairs");
    };
  }

  /// How these methods tokenise rows.
  public PreferenceRows rows(PreferenceRows.Options options) {
    return new PreferenceRows(
        method.method() == JudgeMethod.DPO ? PreferenceRows.Use.DPO : PreferenceRows.Use.REWARD,
        options,
        Optional.of(model().tokenizer()),
        model().llama().config().vocabSize(),
        model()::chat,
        model().options().dateString());
  }

  /// Compares pairs.
  ///
  /// @param rows that are compared, for methods that score responses
  Judge pairs(PairJudging how, JudgedRows rows) throws IOException {
    JudgeMethod kind = method.method();
    if (kind.scoresResponses()) {
      return new RewardJudge(responses(), rows(rows.reading()), rows, how.batchSize());
    }
    JudgePrompt prompt = how.prompt(kind.prompt());
    if (kind == JudgeMethod.PAIRRM) {
      return new PairRmJudge(model(), prompt, how.batchSize());
    }
    if (!method.samples()) {
      return new GenRmJudge(model(), prompt, how.batchSize());
    }
    CotJudge.Settings settings = CotJudge.Settings.of(how);
    return new CotJudge(
        model(),
        CotJudge.Asking.verdict(prompt),
        kind == JudgeMethod.GENRM ? settings.ofOneLetter() : settings);
  }

  @Override
  public void close() {
    models.forEach(LoadedModel::close);
  }
}
