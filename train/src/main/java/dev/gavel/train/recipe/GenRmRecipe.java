package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.train.judge.AnswerTokens;
import dev.gavel.train.judge.Placement;
import dev.gavel.train.judge.Verdict;
import dev.gavel.train.loss.TokenCrossEntropy;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// GenRM (*Generative Reward Models*, section 3.1): the negative log-probability of the right
/// letter after the prompt of Fig. 8, Eq. 7.
///
/// A step's loss is one mean over all its questions. Accuracy compares the two letters alone, as a
/// judge does.
final class GenRmRecipe extends BatchRecipe<AskedPair, GenRmRecipe.LetterSums> {
  private final AnswerTokens answers;

  private GenRmRecipe(RunRows<AskedPair> rows, AnswerTokens answers, GenRmConfig config) {
    super(rows, config);
    this.answers = answers;
  }

  static GenRmRecipe read(GenRmConfig config, ModelSource source, PrintStream err)
      throws IOException {
    QuestionReader reader = new QuestionReader(config, config.prompt(), source, 1, err);
    Placement placement = new Placement(config.prompt().order(), config.model().seed());
    RunRows<AskedPair> rows =
        RunRows.read(config, files -> reader.read(files, placement), AskedPair::tokens);
    return new GenRmRecipe(rows, AnswerTokens.of(source.requireTokenizer()), config);
  }

  @Override
  LetterSums sums() {
    return new LetterSums();
  }

  @Override
  long terms(List<AskedPair> batch) {
    return AskedPair.questions(batch).size();
  }

  /// Both letters.
  @Override
  int headRows(AskedPair row) {
    return 2 * row.questions().size();
  }

  @Override
  Tensor loss(Llama model, List<AskedPair> batch, LetterSums sums) {
    return TokenCrossEntropy.sum(score(model, AskedPair.questions(batch), sums));
  }

  /// Log-probability of each question's right letter [Q].
  private Tensor score(Llama model, List<Question> questions, LetterSums sums) {
    List<int[]> prompts = questions.stream().map(Question::ids).toList();
    List<Verdict> right = questions.stream().map(Question::right).toList();
    Ops.LogProbs both = answers.after(model, prompts, right);
    sums.add(both.values().toDoubles(), both.stats().toDoubles());
    return both.values().slice(0, questions.size());
  }

  /// Figures over all questions of a step or an evaluation.
  static final class LetterSums implements Sums {
    private double loss;
    private double accuracy;
    private double entropy;
    private double hits;
    private double other;
    private int questions;

    /// @param logProbs of the right letters, then of the wrong ones
    void add(double[] logProbs, double[] stats) {
      int q = logProbs.length / 2;
      for (int i = 0; i < q; i++) {
        loss -= logProbs[i];
        accuracy += logProbs[i] > logProbs[q + i] ? 1 : 0;
        entropy += stats[3 * i + 1];
        hits += stats[3 * i + 2];
        other += 1 - Math.exp(logProbs[i]) - Math.exp(logProbs[q + i]);
      }
      questions += q;
    }

    /// `p_other`: the probability of neither letter.
    @Override
    public Map<String, Double> means() {
      Map<String, Double> means = new LinkedHashMap<>();
      means.put("loss", loss / questions);
      means.put("entropy", entropy / questions);
      means.put("mean_token_accuracy", hits / questions);
      means.put("accuracy", accuracy / questions);
      means.put("p_other", other / questions);
      return means;
    }
  }
}
