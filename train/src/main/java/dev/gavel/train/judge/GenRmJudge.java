package dev.gavel.train.judge;

import dev.gavel.train.judge.VoteOrder.Ask;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// GenRM (*Generative Reward Models*, section 3.1): the probabilities of A and of B as the next
/// token after the prompt, exact; 32 samples of one token would only estimate them.
final class GenRmJudge extends BatchJudge {
  private final LoadedModel model;
  private final QuestionTokens questions;
  private final AnswerTokens answers;

  GenRmJudge(LoadedModel model, JudgePrompt prompt, int batchSize) throws IOException {
    super(batchSize);
    this.model = model;
    questions = new QuestionTokens(model, prompt);
    answers = AnswerTokens.of(model.tokenizer());
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
    int q = prompts.size();
    double[] logs =
        answers
            .after(model.llama(), prompts, Collections.nCopies(q, Verdict.A))
            .values()
            .toDoubles();
    List<Evidence.Measured> found = new ArrayList<>();
    for (int i = 0; i < q; i++) {
      found.add(Evidence.Letters.of(logs[i], logs[q + i]));
    }
    return found;
  }
}
