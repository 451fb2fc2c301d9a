package dev.gavel.train.data;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Makes token ids and labels of preferences, as TRL 1.16's `DPOTrainer` and `RewardTrainer` do.
///
/// For dpo the prompt and the prompt with each completion are tokenised as whole texts, and both
/// completions begin at the first token in which one of them differs from the prompt's: tokens of
/// the prompt that merge with a completion move into both. A conversation's prompt is rendered with
/// the generation prompt, so that the assistant's header belongs to it. For reward models each
/// whole sequence is tokenised, conversations without a generation prompt.
public final class PreferenceRows {
  /// What the tokens are for.
  public enum Use {
    DPO,
    /// The reward is read at the last token; there are no labels.
    REWARD
  }

  /// For [Opt#with]: which forms have keys of one's own choice, and which draw an answer.
  public static final String NAMED_COLUMNS = "dataset_format=preference or !dataset_format";

  public static final String DRAWN_ANSWER = "dataset_format=ultrafeedback or !dataset_format";

  /// How rows are read.
  @OptGroup("Rows")
  public record Options(
      @Opt(
              value = "key of a row's prompt, a text or messages",
              def = "prompt",
              with = NAMED_COLUMNS)
          String promptColumn,
      @Opt(value = "key of the better completion", def = "chosen", with = NAMED_COLUMNS)
          String chosenColumn,
      @Opt(value = "key of the other one", def = "rejected", with = NAMED_COLUMNS)
          String rejectedColumn,
      @Opt("the form of the rows; recognised when absent") Optional<PairFormat> datasetFormat,
      @Opt(
              value = "decides which other answer stands against UltraFeedback's best one",
              def = "42",
              with = DRAWN_ANSWER)
          long pairSeed,
      @Opt("text of the token that ends a plain text; default: the tokenizer's eos_token")
          Optional<String> eosToken,
      @Opt(
              value =
                  "which tokens of a completion count: all, those from a judge's last mark [[A]] or"
                      + " [[B]] on, or those before it",
              def = "all")
          CompletionTokens completionTokens) {
    /// What holds when nothing is said.
    public static final Options DEFAULT =
        new Options(
            "prompt",
            "chosen",
            "rejected",
            Optional.empty(),
            PairParser.DEFAULT_SEED,
            Optional.empty(),
            CompletionTokens.ALL);

    /// What holds when only the form of the rows is said.
    ///
    /// @param format empty: recognised row by row
    public static Options reading(Optional<PairFormat> format, long pairSeed) {
      Options d = DEFAULT;
      return new Options(
          d.promptColumn,
          d.chosenColumn,
          d.rejectedColumn,
          format,
          pairSeed,
          d.eosToken,
          d.completionTokens);
    }
  }

  /// What a row is.
  public enum Form {
    IDS("ids"),
    TEXTS("texts"),
    TALKS("messages");

    private final String words;

    Form(String words) {
      this.words = words;
    }

    /// For people.
    @Override
    public String toString() {
      return words;
    }
  }

  private final Use use;
  private final PairParser parser;
  private final TextRules rules;
  private final PairLabels labels;

  /// @param tokenizer empty where the model has none: then rows must be ids
  /// @param vocabulary ids that the model has
  /// @param date what templates with a date print as today's
  /// @throws IllegalArgumentException when the options do not fit the use
  public PreferenceRows(
      Use use,
      Options options,
      Optional<Tokenizer> tokenizer,
      int vocabulary,
      ChatSource chats,
      String date) {
    if (use == Use.REWARD && options.completionTokens() != CompletionTokens.ALL) {
      throw new IllegalArgumentException(
          "--completion_tokens chooses what dpo's loss counts; a reward model reads one value for"
              + " the whole text: leave it away");
    }
    this.use = use;
    this.parser =
        new PairParser(
            options.datasetFormat().orElse(null),
            new PairParser.Columns(
                options.promptColumn(), options.chosenColumn(), options.rejectedColumn()),
            options.pairSeed());
    this.rules = new TextRules(options.eosToken(), tokenizer, vocabulary, chats, date);
    this.labels = new PairLabels(options.completionTokens(), rules);
  }

  public Use use() {
    return use;
  }

  /// What reads the rows' texts.
  public PairParser parser() {
    return parser;
  }

  /// Whether the prompt of the row that came last merged with a completion (dpo): some of its
  /// tokens belong to the completions then, and the model sees another prompt later.
  public boolean merged() {
    return labels.merged();
  }

  /// Forgets what the first row said: another data set begins.
  public void nextDataset() {
    rules.nextDataset();
  }

  /// Whether plain texts and conversations stood in one data set.
  public boolean mixed() {
    return rules.mixed();
  }

  /// Whether a row says which answer is better. Ties and rows without a label have nothing to
  /// learn.
  ///
  /// @throws RowException naming what is missing or wrong
  public boolean decided(Row row) throws RowException {
    return isIds(row) || parser.parse(row).decided();
  }

  /// The pair of a row; empty where it holds ids.
  ///
  /// @throws RowException when it is none
  public Optional<Pair> pair(Row row) throws RowException {
    return isIds(row) ? Optional.empty() : Optional.of(parser.parse(row));
  }

  /// Looks at a row without a tokenizer: at its keys and the kind of what they hold.
  ///
  /// @throws RowException naming what is missing or wrong
  public Form look(Row row) throws RowException {
    margin(row);
    if (isIds(row)) {
      lookAtIds(row);
      return Form.IDS;
    }
    return parser.parse(row).answers() instanceof Pair.Texts ? Form.TEXTS : Form.TALKS;
  }

  /// A preference.
  ///
  /// @throws RowException naming what is missing or wrong, or when the row prefers neither answer
  /// @throws FormatException when the folder has no tokenizer or chat template that can be used
  public TokenizedPair tokenize(Row row) throws RowException, FormatException {
    return isIds(row) ? checked(ids(row)) : of(parser.parse(row).chosenFirst(), margin(row));
  }

  /// Both answers in the order in which the row names them, whether or not it prefers one: what a
  /// judge scores.
  ///
  /// @return the first one in the place of the chosen one, with margin 0
  public TokenizedPair tokenizeAsNamed(Row row) throws RowException, FormatException {
    return isIds(row) ? checked(ids(row)) : of(parser.parse(row).answers(), 0);
  }

  private TokenizedPair of(Pair.Answers answers, double margin)
      throws RowException, FormatException {
    return checked(
        switch (answers) {
          case Pair.Texts texts -> texts(texts, margin);
          case Pair.Talks talks -> talks(talks, margin);
        });
  }

  private TokenizedPair checked(TokenizedPair pair) throws RowException {
    rules.checkIds("'chosen_ids'", pair.chosen().ids());
    rules.checkIds("'rejected_ids'", pair.rejected().ids());
    return pair;
  }

  private static double margin(Row row) throws RowException {
    return isThere(row, "margin") ? row.number("margin", 0) : 0;
  }

  // ---------------------------------------------------------------- forms

  /// Whether a row is token ids.
  public boolean isIds(Row row) {
    return isThere(row, "chosen_ids") || isThere(row, "rejected_ids");
  }

  /// Tables without a value export nulls.
  private static boolean isThere(Row row, String key) {
    return row.has(key) && !row.json().get(key).isNull();
  }

  private void lookAtIds(Row row) throws RowException {
    row.ids("chosen_ids");
    row.ids("rejected_ids");
    if (use == Use.DPO) {
      row.ids("prompt_ids");
    } else if (isThere(row, "prompt_ids")) {
      throw new RowException(
          "'prompt_ids' with 'chosen_ids' and 'rejected_ids' is a row for dpo; for reward models the"
              + " last two are whole sequences, without 'prompt_ids'");
    }
  }

  private TokenizedPair ids(Row row) throws RowException, FormatException {
    lookAtIds(row);
    int[] chosen = row.ids("chosen_ids");
    int[] rejected = row.ids("rejected_ids");
    if (use == Use.REWARD) {
      return PairLabels.none(chosen, rejected, margin(row));
    }
    int[] prompt = row.ids("prompt_ids");
    return labels.from(prompt, joined(prompt, chosen), joined(prompt, rejected), margin(row));
  }

  private static int[] joined(int[] prompt, int[] completion) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + completion.length);
    System.arraycopy(completion, 0, whole, prompt.length, completion.length);
    return whole;
  }

  private TokenizedPair texts(Pair.Texts texts, double margin)
      throws RowException, FormatException {
    boolean ends = rules.endsTexts(false);
    Pair.Texts split = use == Use.REWARD ? texts : texts.explicit();
    String prompt = split.prompt().orElse("");
    int[] chosen = rules.encode(prompt + rules.ended(split.first(), ends));
    int[] rejected = rules.encode(prompt + rules.ended(split.second(), ends));
    return use == Use.REWARD
        ? PairLabels.none(chosen, rejected, margin)
        : labels.from(rules.encode(prompt), chosen, rejected, margin);
  }

  private TokenizedPair talks(Pair.Talks talks, double margin)
      throws RowException, FormatException {
    rules.endsTexts(true);
    int[] chosen = rules.encode(joined(talks.prompt(), talks.first())).ids();
    int[] rejected = rules.encode(joined(talks.prompt(), talks.second())).ids();
    return use == Use.REWARD
        ? PairLabels.none(chosen, rejected, margin)
        : labels.from(rules.encodePrompt(talks.prompt()), chosen, rejected, margin);
  }

  private static List<Message> joined(List<Message> prompt, List<Message> answer) {
    List<Message> all = new ArrayList<>(prompt);
    all.addAll(answer);
    return all;
  }
}
