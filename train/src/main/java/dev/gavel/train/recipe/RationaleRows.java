package dev.gavel.train.recipe;

import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.data.SftDataset;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.data.Truncation;
import dev.gavel.train.judge.JudgePrompt;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Pairs with a rationale as a judge's conversations: the prompt that asks for reasons (Fig. 6),
/// and the row's `rationale` with its verdict as the answer that is learned.
///
/// A rationale speaks of A and B, so it belongs to one order: the row's `order` (`ab` where it has
/// none), as `votes.jsonl` writes it.
final class RationaleRows {
  private final GenRmConfig config;
  private final PairReader pairs;
  private final JudgePrompt prompt;
  private final Chat chat;

  private RationaleRows(GenRmConfig config, ModelSource source) throws IOException {
    this.config = config;
    pairs = new PairReader(config.prompt().datasetFormat().orElse(null));
    prompt = config.prompt().prompt(JudgePrompt.Kind.COT);
    chat = source.chat();
  }

  static Recipe read(GenRmConfig config, ModelSource source, PrintStream err) throws IOException {
    RationaleRows reader = new RationaleRows(config, source);
    RunRows<Tokenized> rows =
        RunRows.read(
            config,
            files -> {
              SftDataset set = reader.read(files);
              err.println(set.describe(config.data().maxLength()));
              return set.rows();
            },
            Tokenized::length);
    return new SftRecipe(rows, config);
  }

  private SftDataset read(List<Path> files) throws IOException {
    SftDataset.Builder set =
        new SftDataset.Builder(files, config.data().maxLength(), Truncation.KEEP_START);
    try (RowReader reader = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (@Nullable Item item = reader.next(); item != null; item = reader.next()) {
        switch (item) {
          case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
          case Row row -> set.add(readOrFail(row));
        }
      }
    }
    SftDataset dataset = set.build();
    if (dataset.rows().isEmpty()) {
      throw new FormatException(dataset.name() + ": no row has a rationale that can be learned");
    }
    return dataset;
  }

  private Tokenized readOrFail(Row row) throws FormatException {
    try {
      return tokenized(row);
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
    }
  }

  private Tokenized tokenized(Row row) throws RowException {
    PairRow pair = pairs.read(row);
    if (!pair.isDecided()) {
      throw new RowException("the pair has no better response, so no verdict can be learned");
    }
    Order order = Order.of(row).orElse(Order.AB);
    List<Message> question = prompt.messages(pair, order);
    String verdict = "[[" + order.verdictFor(pair.better()) + "]]";
    String rationale = row.text("rationale");
    String answer =
        rationale.contains(verdict)
            ? rationale
            : rationale + config.verdictSuffix().replace("[[X]]", verdict);
    List<Message> whole = new ArrayList<>(question);
    whole.add(Message.assistant(answer));
    String date = config.model().dateString();
    int header = chat.encode(question, new ChatOptions(true, date)).ids().length;
    int[] ids = chat.encode(whole, new ChatOptions(false, date)).ids();
    int[] labels = ids.clone();
    Arrays.fill(labels, 0, Math.min(header, labels.length), Tokenized.IGNORED);
    return new Tokenized(ids, labels);
  }
}
