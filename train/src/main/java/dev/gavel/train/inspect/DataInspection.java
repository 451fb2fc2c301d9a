package dev.gavel.train.inspect;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Chat;
import dev.gavel.llama.tokenizer.ChatTemplate;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.PairParser;
import dev.gavel.train.data.PreferenceRows;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.data.RowWarnings;
import dev.gavel.train.data.SftDataset;
import dev.gavel.train.data.SftRows;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// `gavel data inspect`: reads rows as the recipes do and says what they would make of them.
public final class DataInspection {
  private static final int BAD_SHOWN = 5;

  /// Where no vocabulary is known.
  private static final int ANY_ID = Integer.MAX_VALUE;

  private final InspectOptions options;
  private final List<RowView> views;
  private final Repeats rows = new Repeats();
  private final Repeats prompts = new Repeats();
  private final Repeats roots = new Repeats();
  private final List<String> bad = new ArrayList<>();
  private int count;
  private int badCount;

  private DataInspection(InspectOptions options) throws IOException {
    this.options = options;
    OptionalInt context = OptionalInt.empty();
    OptionalInt vocabulary = OptionalInt.empty();
    if (options.modelNameOrPath().isPresent()) {
      LlamaConfig config = ModelFolder.readConfig(options.modelNameOrPath().get());
      context = OptionalInt.of(config.maxPositionEmbeddings());
      vocabulary = OptionalInt.of(config.vocabSize());
    }
    Optional<Tokenizer> tokenizer = tokenizer();
    int ids = vocabulary.orElseGet(() -> tokenizer.map(Tokenizer::vocabularySize).orElse(ANY_ID));
    SftRows sft =
        new SftRows(options.rows(), tokenizer, ids, () -> chat(tokenizer), options.dateString());
    SftDataset.Builder dataset =
        new SftDataset.Builder(options.files(), options.maxLength(), options.truncationMode());
    views =
        List.of(
            new PairView(
                options,
                tokenizer.isPresent(),
                preferences(PreferenceRows.Use.DPO, tokenizer, ids),
                preferences(PreferenceRows.Use.REWARD, tokenizer, ids),
                new RowWarnings(tokenizer)),
            new SftView(
                sft,
                options.rows().promptColumn(),
                tokenizer.isPresent(),
                context,
                options.maxLength(),
                dataset,
                new RowWarnings(tokenizer)));
  }

  private PreferenceRows preferences(
      PreferenceRows.Use use, Optional<Tokenizer> tokenizer, int vocabulary) {
    return new PreferenceRows(
        use, options.pairs(), tokenizer, vocabulary, () -> chat(tokenizer), options.dateString());
  }

  /// What was found.
  ///
  /// @param bad rows that cannot be used
  /// @param firstBad place and error of the first one; empty without any
  public record Result(int rows, int bad, String firstBad, List<Finding> findings) {}

  /// Reads all files.
  ///
  /// @throws FormatException when a file cannot be read at all
  public static Result of(InspectOptions options) throws IOException {
    return new DataInspection(options).run();
  }

  private Optional<Tokenizer> tokenizer() throws IOException {
    Optional<Path> folder = options.tokenizer().or(options::modelNameOrPath);
    if (folder.isEmpty()) {
      return Optional.empty();
    }
    if (!Files.isRegularFile(folder.get())) {
      ModelFolder.requireFolder(folder.get());
    }
    return Optional.of(Tokenizer.load(folder.get()));
  }

  private Chat chat(Optional<Tokenizer> tokenizer) throws FormatException {
    Optional<ChatTemplate> named = options.chatTemplate().flatMap(ChatTemplate::byId);
    Tokenizer known = tokenizer.orElseThrow();
    return named.isPresent() ? known.chat(named.get()) : known.chat();
  }

  private Result run() throws IOException {
    RowReader.requireFiles(options.files());
    for (Path file : options.files()) {
      read(file);
    }
    return new Result(count, badCount, bad.isEmpty() ? "" : bad.getFirst(), findings());
  }

  /// A file for itself: splits may number their rows alike.
  private void read(Path file) throws IOException {
    try (RowReader reader =
        RowReader.open(List.of(file), InputStream.nullInputStream(), () -> {})) {
      for (Item item = reader.next(); item != null; item = reader.next()) {
        count++;
        switch (item) {
          case BadRow row -> bad(row);
          case Row row -> add(row);
        }
      }
    }
  }

  private void add(Row row) throws FormatException {
    RowView view = views.stream().filter(v -> v.takes(row)).findFirst().orElseThrow();
    rows.addRow(row.json(), row.place());
    @Nullable JsonNode prompt = view.prompt(row);
    if (prompt != null) {
      prompts.add(prompt, row.place());
    }
    try {
      PairParser.root(row).ifPresent(r -> roots.add(row.json().stringNode(r), row.place()));
      view.add(row);
    } catch (RowException | IllegalArgumentException e) {
      bad(row.bad(String.valueOf(e.getMessage())));
    }
  }

  private void bad(BadRow row) {
    if (badCount++ < BAD_SHOWN) {
      bad.add(row.place() + ": " + row.error());
    }
  }

  private List<Finding> findings() {
    List<Finding> all = new ArrayList<>();
    all.add(new Finding("rows", "%,d, %,d of them cannot be used".formatted(count, badCount)));
    bad.forEach(b -> all.add(new Finding("  bad", b)));
    if (badCount > bad.size()) {
      all.add(new Finding("", "and %,d more".formatted(badCount - bad.size())));
    }
    all.add(new Finding("duplicates", rows.describe()));
    all.add(new Finding("same prompt", prompts.describe()));
    if (options.files().size() > 1) {
      all.add(
          new Finding(
              "leaks", "rows whose prompt is in an earlier file: " + prompts.describeLeaks()));
      if (!roots.isEmpty()) {
        all.add(
            new Finding(
                "",
                "rows whose tree's root (parent_id) is in an earlier file: "
                    + roots.describeLeaks()));
      }
    }
    views.forEach(v -> all.addAll(v.findings()));
    return all;
  }
}
