package dev.gavel.train.judge;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.judge.VoteOrder.Ask;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
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
    Llama llama = model.llama();
    Device device = llama.device();
    List<int[]> prompts = batch.stream().map(q -> q.sequences().getFirst().ids()).toList();
    Ragged sequences = Ragged.of(prompts);
    int q = prompts.size();
    int[] rows = new int[2 * q];
    int[] letters = new int[2 * q];
    for (int i = 0; i < q; i++) {
      rows[2 * i] = rows[2 * i + 1] = sequences.offset(i + 1) - 1;
      letters[2 * i] = answers.a();
      letters[2 * i + 1] = answers.b();
    }
    int[] ids = prompts.stream().flatMapToInt(Arrays::stream).toArray();
    Tensor last = llama.hidden(device.ofInts(ids), sequences).gather(device.ofInts(rows));
    double[] logs = llama.logProbs(last, device.ofInts(letters)).values().toDoubles();
    List<Evidence.Measured> found = new ArrayList<>();
    for (int i = 0; i < q; i++) {
      found.add(Evidence.Letters.of(logs[2 * i], logs[2 * i + 1]));
    }
    return found;
  }
}
