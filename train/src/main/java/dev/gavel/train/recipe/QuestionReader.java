package dev.gavel.train.recipe;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Placement;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Reads pairs as questions for a judge. A pair without a label, or with a tie, has no right
/// verdict and is left out; so is one whose question is too long: cutting it would cut an answer.
final class QuestionReader {
  private final PairReader pairs;
  private final JudgePrompt prompt;
  private final Chat chat;
  private final String date;
  private final int maxLength;
  private final PrintStream err;

  /// @param room tokens that follow the prompt
  QuestionReader(
      TrainConfig config, JudgePromptOptions options, ModelSource source, int room, PrintStream err)
      throws IOException {
    pairs = new PairReader(options.datasetFormat().orElse(null));
    prompt = options.prompt(JudgePrompt.Kind.GENRM);
    chat = source.chat();
    date = config.model().dateString();
    int most = config.data().maxLength();
    maxLength = most == 0 ? Integer.MAX_VALUE : most - room;
    this.err = err;
  }

  List<AskedPair> read(List<Path> files, Placement placement) throws IOException {
    List<AskedPair> asked = new ArrayList<>();
    int unlabelled = 0;
    int tooLong = 0;
    List<PairRow> rows = pairs.readAll(files);
    for (PairRow row : rows) {
      if (!row.isDecided()) {
        unlabelled++;
        continue;
      }
      AskedPair pair = ask(row, placement);
      if (pair.longest() > maxLength) {
        tooLong++;
      } else {
        asked.add(pair);
      }
    }
    String name = String.join(", ", files.stream().map(Path::toString).toList());
    if (asked.isEmpty()) {
      throw new FormatException(
          "%s: none of the %d rows can be learned (%d without a label or with a tie, %d longer than --max_length)"
              .formatted(name, rows.size(), unlabelled, tooLong));
    }
    describe(name, asked, rows.size(), unlabelled, tooLong);
    return asked;
  }

  private AskedPair ask(PairRow row, Placement placement) {
    List<Question> questions = new ArrayList<>();
    for (Order order : placement.orders(row.id())) {
      int[] ids = chat.encode(prompt.messages(row, order), new ChatOptions(true, date)).ids();
      questions.add(new Question(ids, order.verdictFor(row.better())));
    }
    return new AskedPair(questions);
  }

  private void describe(String name, List<AskedPair> asked, int read, int unlabelled, int tooLong) {
    long tokens = asked.stream().mapToLong(AskedPair::tokens).sum();
    String text =
        "%s: %d of %d pairs, %d questions, %,d tokens"
            .formatted(
                name,
                asked.size(),
                read,
                asked.stream().mapToInt(p -> p.questions().size()).sum(),
                tokens);
    if (unlabelled > 0) {
      text += "; %d left out without a label or with a tie".formatted(unlabelled);
    }
    if (tooLong > 0) {
      text += "; %d left out as longer than max_length".formatted(tooLong);
    }
    err.println(text);
  }
}
