package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Preferences, ready to be learned, and what was done to them.
///
/// @param name the files
/// @param pairs those that can be learned
/// @param read how many rows there were
/// @param undecided how many of them prefer neither answer
/// @param cut how many pairs lost tokens to `max_length` (dpo)
/// @param cutTokens how many tokens that were, of both answers
/// @param dropped how many were too long: the prompt alone (dpo, where the start is kept), or an
///   answer (reward)
/// @param unlabelled how many lost all counted tokens of an answer when they were cut
public record PreferenceDataset(
    String name,
    List<TokenizedPair> pairs,
    int read,
    int undecided,
    int cut,
    long cutTokens,
    int dropped,
    int unlabelled) {
  public PreferenceDataset {
    pairs = List.copyOf(pairs);
  }

  /// Reads files as one data set.
  ///
  /// @param maxLength tokens of prompt and answer; 0: any number
  /// @throws FormatException naming file and line of the first row that cannot be used, or saying
  ///   that none is left
  public static PreferenceDataset read(
      List<Path> files, PreferenceRows rows, int maxLength, Truncation truncation)
      throws IOException {
    return read(files, rows, maxLength, truncation, new RowWarnings(Optional.empty()));
  }

  /// Likewise, and notes what is often wrong with rows that can be read all the same.
  public static PreferenceDataset read(
      List<Path> files,
      PreferenceRows rows,
      int maxLength,
      Truncation truncation,
      RowWarnings warnings)
      throws IOException {
    Builder builder = new Builder(files, rows.use(), maxLength, truncation);
    rows.nextDataset();
    try (RowReader reader = RowReader.open(files, InputStream.nullInputStream(), () -> {})) {
      for (@Nullable Item item = reader.next(); item != null; item = reader.next()) {
        add(item, rows, builder, warnings);
      }
    }
    PreferenceDataset dataset = builder.build();
    if (dataset.pairs().isEmpty()) {
      throw new FormatException(dataset.empty(maxLength));
    }
    return dataset;
  }

  private static void add(Item item, PreferenceRows rows, Builder builder, RowWarnings warnings)
      throws FormatException {
    switch (item) {
      case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
      case Row row -> {
        try {
          if (rows.decided(row)) {
            TokenizedPair pair = rows.tokenize(row);
            builder.add(pair);
            look(row, rows, pair, builder.maxLength, warnings);
          } else {
            builder.addUndecided();
          }
        } catch (RowException | IllegalArgumentException e) {
          throw new FormatException(row.place() + ": " + e.getMessage(), e);
        }
      }
    }
  }

  private static void look(
      Row row, PreferenceRows rows, TokenizedPair pair, int maxLength, RowWarnings warnings)
      throws RowException {
    Optional<Pair> texts = rows.pair(row);
    if (texts.isPresent()) {
      warnings.look(row, texts.get());
    }
    warnings.look(row.place(), List.of(pair.chosen(), pair.rejected()));
    if (Arrays.equals(pair.chosen().ids(), pair.rejected().ids())) {
      warnings.add(RowWarnings.Kind.SAME, row.place());
    }
    boolean prompted = rows.use() == PreferenceRows.Use.DPO;
    if (prompted && maxLength > 0 && pair.promptLength() >= maxLength) {
      warnings.add(RowWarnings.Kind.LONG_PROMPT, row.place());
    }
  }

  /// Gathers pairs, cutting and leaving out what is too long.
  public static final class Builder {
    private final String name;
    private final PreferenceRows.Use use;
    private final int maxLength;
    private final Truncation truncation;
    private final List<TokenizedPair> pairs = new ArrayList<>();
    private int read;
    private int undecided;
    private int cut;
    private long cutTokens;
    private int dropped;
    private int unlabelled;

    /// @param maxLength tokens of prompt and answer; 0: any number
    public Builder(List<Path> files, PreferenceRows.Use use, int maxLength, Truncation truncation) {
      this.name = String.join(", ", files.stream().map(Path::toString).toList());
      this.use = use;
      this.maxLength = maxLength;
      this.truncation = truncation;
    }

    /// A row that prefers neither answer.
    public void addUndecided() {
      read++;
      undecided++;
    }

    public void add(TokenizedPair pair) {
      read++;
      int longer = Math.max(pair.chosen().length(), pair.rejected().length());
      if (maxLength > 0 && isDropped(pair, longer)) {
        dropped++;
      } else if (maxLength > 0 && longer > maxLength) {
        addCut(pair);
      } else {
        pairs.add(pair);
      }
    }

    private boolean isDropped(TokenizedPair pair, int longer) {
      return switch (use) {
        case REWARD -> longer > maxLength;
        case DPO -> truncation == Truncation.KEEP_START && pair.promptLength() >= maxLength;
      };
    }

    private void addCut(TokenizedPair pair) {
      Tokenized chosen = cut(pair.chosen());
      Tokenized rejected = cut(pair.rejected());
      if (loses(pair.chosen(), chosen) || loses(pair.rejected(), rejected)) {
        unlabelled++;
        return;
      }
      cut++;
      cutTokens += pair.tokens() - chosen.length() - rejected.length();
      pairs.add(new TokenizedPair(chosen, rejected, pair.margin()));
    }

    private Tokenized cut(Tokenized row) {
      return row.length() <= maxLength ? row : row.cut(maxLength, truncation);
    }

    private static boolean loses(Tokenized whole, Tokenized cut) {
      return whole.labelled() > 0 && cut.labelled() == 0;
    }

    public PreferenceDataset build() {
      return new PreferenceDataset(
          name, pairs, read, undecided, cut, cutTokens, dropped, unlabelled);
    }
  }

  private String empty(int maxLength) {
    return read == 0
        ? name + ": holds no rows"
        : "%s: none of the %d rows is a pair to learn from%s"
            .formatted(name, read, losses(maxLength));
  }

  /// Tokens of all pairs, the prompts twice.
  public long tokens() {
    return pairs.stream().mapToLong(TokenizedPair::tokens).sum();
  }

  /// One line for people.
  public String describe(int maxLength) {
    return "%s: %d of %d pairs, %,d tokens".formatted(name, pairs.size(), read, tokens())
        + losses(maxLength);
  }

  private String losses(int maxLength) {
    StringBuilder text = new StringBuilder();
    if (cut > 0) {
      text.append(
          "; %d cut to max_length %d (%,d tokens lost)".formatted(cut, maxLength, cutTokens));
    }
    if (dropped > 0) {
      text.append("; %d dropped, longer than max_length %d".formatted(dropped, maxLength));
    }
    if (unlabelled > 0) {
      text.append(
          "; %d dropped, the tokens that count are beyond max_length %d"
              .formatted(unlabelled, maxLength));
    }
    if (undecided > 0) {
      text.append("; %d dropped, they prefer neither answer".formatted(undecided));
    }
    return text.toString();
  }
}
