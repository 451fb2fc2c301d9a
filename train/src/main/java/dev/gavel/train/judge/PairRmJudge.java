package dev.gavel.train.judge;

import dev.gavel.train.judge.VoteOrder.Ask;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.recipe.Values;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// PairRM: the value that a model trained by `gavel pairrm` gives to a question, positive where A
/// is better.
final class PairRmJudge extends BatchJudge {
  private final LoadedModel model;
  private final QuestionTokens questions;

  PairRmJudge(LoadedModel model, JudgePrompt prompt, int batchSize) {
    super(batchSize);
    this.model = model;
    questions = new QuestionTokens(model, prompt);
  }

  @Override
  int context() {
    return model.llama().config().maxPositionEmbeddings();
  }

  @Override
  Tokens tokens(Ask ask) throws IOException {
    return Tokens.of(ask, questions.ids(ask));
  }

  @Override
  List<Evidence.Measured> measure(List<Tokens> batch) {
    List<int[]> prompts = batch.stream().map(q -> q.sequences().getFirst().ids()).toList();
    double[] scores = Values.of(model.llama(), prompts).toDoubles();
    return Arrays.stream(scores)
        .<Evidence.Measured>mapToObj(s -> new Evidence.Scores(s, 0))
        .toList();
  }
}
