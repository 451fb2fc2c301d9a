package dev.gavel.train.judge;

import dev.gavel.train.judge.VoteOrder.Ask;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;

/// A question as a judge's prompt, the assistant's header included.
record QuestionTokens(LoadedModel model, JudgePrompt prompt) {
  int[] ids(Ask ask) throws IOException {
    return model.promptIds(prompt.messages(ask.row(), ask.order()));
  }
}
