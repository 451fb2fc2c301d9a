package dev.gavel.cli;

import dev.gavel.llama.Scorer;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.With;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.LineOptions;
import dev.gavel.train.data.Lines;
import dev.gavel.train.data.Numbers;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowFeed;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.data.RowWriter;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// `gavel logprobs`: how probable a model finds given tokens.
final class Logprobs {
  static final Command<Options> COMMAND =
      new Command<>(
          "logprobs",
          Command.Group.LINES,
          "log-probability of each token given those before it",
          Options.class,
          List.of(
              "echo '{\"text\":\"Hello world\"}' | gavel logprobs --model_name_or_path my-model",
              "gavel logprobs --model_name_or_path my-model --dataset ids.jsonl --top_logprobs 5",
              "gavel logprobs --model_name_or_path my-model --dataset texts.jsonl --dtype float64"
                  + " --output_file exact.jsonl"),
          Logprobs::run);

  record Options(
      @Opt(
              value = "also the most probable tokens after each token, so many of them",
              range = "[1, inf)")
          Optional<Integer> topLogprobs,
      LineOptions lines,
      @With("chat_template, date_string: never") ModelOptions model) {}

  /// Rows that are answered together at most.
  private static final int ROWS = 64;

  private final LoadedModel model;
  private final Scorer scorer;
  private final int top;

  private Logprobs(LoadedModel model, Scorer scorer, int top) {
    this.model = model;
    this.scorer = scorer;
    this.top = top;
  }

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options options = bound.options();
    try (LoadedModel model = LoadedModel.open(options.model(), false);
        Scorer scorer = new Scorer(model.llama())) {
      Logprobs logprobs = new Logprobs(model, scorer, options.topLogprobs().orElse(0));
      Lines lines = new Lines(options.lines(), console.in(), console.out());
      return LineCommand.end("logprobs", lines.run(logprobs::answer), console);
    }
  }

  private void answer(RowReader in, RowWriter out) throws IOException {
    RowFeed feed = RowFeed.of(in, ROWS);
    for (Item first; (first = feed.next(true)) != null; ) {
      answer(together(first, feed), out);
      out.flush();
    }
  }

  /// A row and its tokens, which a bad one has none of.
  private record Asked(Item item, int[] ids) {
    static Asked bad(BadRow row) {
      return new Asked(row, new int[0]);
    }
  }

  /// A row, and those at hand that go through the model with it.
  private List<Asked> together(Item first, RowFeed feed) throws IOException {
    List<Asked> rows = new ArrayList<>();
    int tokens = 0;
    for (Item item = first; item != null; item = feed.next(false)) {
      switch (item) {
        case BadRow bad -> rows.add(Asked.bad(bad));
        case Row row -> {
          try {
            int[] ids = ids(row);
            tokens += ids.length;
            rows.add(new Asked(row, ids));
          } catch (RowException | IllegalArgumentException e) {
            rows.add(Asked.bad(row.bad(String.valueOf(e.getMessage()))));
          }
        }
      }
      if (tokens >= Scorer.PIECE || rows.size() == ROWS) {
        break;
      }
    }
    return rows;
  }

  private void answer(List<Asked> rows, RowWriter out) throws IOException {
    List<int[]> sequences =
        rows.stream().filter(a -> a.item instanceof Row).map(Asked::ids).toList();
    Iterator<Scorer.Scores> scores = scorer.score(sequences, top).iterator();
    for (Asked asked : rows) {
      switch (asked.item) {
        case BadRow bad -> out.write(bad);
        case Row row -> write(row, asked.ids, scores.next(), out);
      }
    }
  }

  private void write(Row row, int[] ids, Scorer.Scores scores, RowWriter out) throws IOException {
    ObjectNode result;
    try {
      result = result(ids, scores);
    } catch (IllegalArgumentException e) {
      out.write(row.bad(String.valueOf(e.getMessage())));
      return;
    }
    out.write(row, result);
  }

  // ---------------------------------------------------------------- a row

  private int[] ids(Row row) throws RowException {
    if (row.has("ids") == row.has("text")) {
      throw new RowException(
          "expected 'ids' or 'text', found %s (keys: %s)"
              .formatted(
                  row.has("ids") ? "both" : "neither",
                  String.join(", ", row.json().propertyNames())));
    }
    int[] ids =
        row.has("ids")
            ? row.ids("ids")
            : model.tokenizer().encode(row.text("text"), EncodeOptions.DEFAULT);
    LlamaConfig config = model.llama().config();
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
        throw new RowException(
            "'ids': element %d is %d, outside the model's vocabulary of %d tokens"
                .formatted(i, ids[i], config.vocabSize()));
      }
    }
    if (ids.length == 0) {
      throw new RowException("the row has no token: at least one is needed");
    }
    if (ids.length > config.maxPositionEmbeddings()) {
      throw new RowException(
          "the row has %d tokens, the model's context holds %d"
              .formatted(ids.length, config.maxPositionEmbeddings()));
    }
    return ids;
  }

  private ObjectNode result(int[] ids, Scorer.Scores scores) {
    ObjectNode result = Json.mapper().createObjectNode();
    ArrayNode tokens = result.putArray("ids");
    ArrayNode logprobs = result.putArray("logprobs");
    for (int t = 0; t < ids.length; t++) {
      tokens.add(ids[t]);
      if (t == 0) {
        logprobs.addNull();
      } else {
        logprobs.add(number(scores.logprobs()[t]));
      }
    }
    if (top > 0) {
      ArrayNode lists = result.putArray("top");
      scores.top().forEach(best -> addTop(lists.addArray(), best));
    }
    return result;
  }

  private void addTop(ArrayNode list, Scorer.Top best) {
    for (int j = 0; j < best.ids().length; j++) {
      list.addArray().add(best.ids()[j]).add(number(best.logprobs()[j]));
    }
  }

  private JsonNode number(double x) {
    return model.device().statistics() == DType.F64 ? Numbers.json(x) : Numbers.json((float) x);
  }
}
