package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.judge.Placement;
import dev.gavel.train.judge.Verdict;
import dev.gavel.train.loss.PairLogistic;
import java.io.IOException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// PairRM on a causal model (after Jiang et al., arXiv 2306.02561; the paper, section 4): one
/// sequence holds both responses, and the value at its last token, where a judge would begin to
/// answer, says by how much A is better than B.
///
/// Which response is A is drawn for each pair. An evaluation asks in both orders: a pair is right
/// when s(chosen, rejected) - s(rejected, chosen) is more than 0.
final class PairRmRecipe extends BatchRecipe<AskedPair, PairRmRecipe.PairSums> {
  private final PairLogistic loss = new PairLogistic();

  private PairRmRecipe(RunRows<AskedPair> rows, PairRmConfig config) {
    super(rows, config);
  }

  static PairRmRecipe read(PairRmConfig config, ModelSource source, PrintStream err)
      throws IOException {
    QuestionReader reader = new QuestionReader(config, config.prompt(), source, 0, err);
    long seed = config.model().seed();
    RunRows<AskedPair> rows =
        RunRows.read(
            config,
            files -> reader.read(files, new Placement(config.prompt().order(), seed)),
            files -> reader.read(files, new Placement(Placement.Mode.BOTH, seed)),
            AskedPair::tokens);
    return new PairRmRecipe(rows, config);
  }

  @Override
  PairSums sums() {
    return new PairSums();
  }

  @Override
  long terms(List<AskedPair> batch) {
    return AskedPair.questions(batch).size();
  }

  @Override
  int headRows(AskedPair row) {
    return 0;
  }

  @Override
  Tensor loss(Llama model, List<AskedPair> batch, PairSums sums) {
    List<Question> questions = AskedPair.questions(batch);
    Tensor scores = Values.of(model, questions.stream().map(Question::ids).toList());
    double[] signs = questions.stream().mapToDouble(q -> q.right() == Verdict.A ? 1 : -1).toArray();
    Tensor sign = model.device().of(scores.dtype(), signs, Shape.of(signs.length));
    Tensor values = loss.values(scores, sign);
    sums.add(batch, signs, scores.toDoubles(), values.toDoubles());
    return values.sum();
  }

  /// Figures over all pairs of a step or an evaluation.
  static final class PairSums implements Sums {
    private double loss;
    private double accuracy;
    private double margin;
    private int questions;
    private int pairs;

    void add(List<AskedPair> batch, double[] signs, double[] scores, double[] losses) {
      int q = 0;
      for (AskedPair pair : batch) {
        double ahead = 0;
        for (int i = 0; i < pair.questions().size(); i++, q++) {
          ahead += signs[q] * scores[q];
          loss += losses[q];
        }
        accuracy += ahead > 0 ? 1 : 0;
        margin += ahead / pair.questions().size();
      }
      questions += q;
      pairs += batch.size();
    }

    /// `margin`: by how much the chosen response leads, a mean over a pair's orders.
    @Override
    public Map<String, Double> means() {
      Map<String, Double> means = new LinkedHashMap<>();
      means.put("loss", loss / questions);
      means.put("accuracy", accuracy / pairs);
      means.put("margin", margin / pairs);
      return means;
    }
  }
}
