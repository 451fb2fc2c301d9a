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

  /// How rows are read.
  @OptGroup("Rows")
  public record Options(
      @Opt(value = "key of a row's prompt, a text or messages", def = "prompt") String promptColumn,
      @Opt(value = "key of the better completion", def = "chosen") String chosenColumn,
      @Opt(value = "key of the other one", def = "rejected") String rejectedColumn,
      @Opt("the form of the rows; recognised when absent") Optional<PairFormat> datasetFormat,
      @Opt(value = "decides which other answer stands against UltraFeedback's best one", def = "42")
          long pairSeed,
      @Opt("text of the token that ends a plain text; default: the tokenizer's eos_token")
          Optional<String> eosToken,
      @Opt(
              value =
                  "which tokens of a completion count: all, those from a judge's last mark [[A]] or"
                      + " [[B]] on, or those before it",
              def = "all")
          CompletionTokens completionTokens) {}

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
  private final CompletionTokens counted;
  private final PairParser parser;
  private final TextRules rules;
  private boolean merged;

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
    this.counted = options.completionTokens();
    this.parser =
        new PairParser(
            options.datasetFormat().orElse(null),
            new PairParser.Columns(
                options.promptColumn(), options.chosenColumn(), options.rejectedColumn()),
            options.pairSeed());
    this.rules = new TextRules(options.eosToken(), tokenizer, vocabulary, chats, date);
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
    return merged;
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
    boolean none = !row.has("margin") || row.value("margin").isNull();
    return none ? 0 : row.number("margin", 0);
  }

  // ---------------------------------------------------------------- forms

  private static boolean isIds(Row row) {
    return row.has("chosen_ids") || row.has("rejected_ids");
  }

  private void lookAtIds(Row row) throws RowException {
    row.ids("chosen_ids");
    row.ids("rejected_ids");
    if (use == Use.DPO) {
      row.ids("prompt_ids");
    } else if (row.has("prompt_ids")) {
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
      return new TokenizedPair(unlabelled(chosen), unlabelled(rejected), margin(row));
    }
    int[] prompt = row.ids("prompt_ids");
    merged = false;
    return pair(prompt.length, joined(prompt, chosen), joined(prompt, rejected), margin(row));
  }

  private static int[] joined(int[] prompt, int[] completion) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + completion.length);
    System.arraycopy(completion, 0, whole, prompt.length, completion.length);
    return whole;
  }

  private TokenizedPair texts(Pair.Texts texts, double margin)
      throws RowException, FormatException {
    boolean ends = rules.endsTexts(false);
    String prompt = texts.prompt().orElse("");
    String first = texts.first();
    String second = texts.second();
    if (texts.prompt().isEmpty()) {
      int same = sharedStart(first, second);
      prompt = first.substring(0, same);
      first = first.substring(same);
      second = second.substring(same);
    }
    int[] chosen = rules.encode(prompt + rules.ended(first, ends));
    int[] rejected = rules.encode(prompt + rules.ended(second, ends));
    return use == Use.REWARD
        ? new TokenizedPair(unlabelled(chosen), unlabelled(rejected), margin)
        : pair(rules.encode(prompt), chosen, rejected, margin);
  }

  /// Where the prompt of two texts ends that both begin with it, as TRL's `extract_prompt` says:
  /// before the first difference and one blank in front of it; if one text goes on where the other
  /// ends, before the last shared character. (TRL reads past the start where the first characters
  /// differ; here the prompt is empty then.)
  static int sharedStart(String first, String second) {
    int most = Math.min(first.length(), second.length());
    int same = 0;
    while (same < most && first.charAt(same) == second.charAt(same)) {
      same++;
    }
    if (same == most) {
      return most == 0 ? 0 : first.offsetByCodePoints(most, -1);
    }
    if (same > 0 && Character.isHighSurrogate(first.charAt(same - 1))) {
      same--;
    }
    return same > 0 && first.charAt(same - 1) == ' ' ? same - 1 : same;
  }

  private TokenizedPair talks(Pair.Talks talks, double margin)
      throws RowException, FormatException {
    rules.endsTexts(true);
    int[] chosen = rules.encode(joined(talks.prompt(), talks.first())).ids();
    int[] rejected = rules.encode(joined(talks.prompt(), talks.second())).ids();
    return use == Use.REWARD
        ? new TokenizedPair(unlabelled(chosen), unlabelled(rejected), margin)
        : pair(rules.encodePrompt(talks.prompt()), chosen, rejected, margin);
  }

  private static List<Message> joined(List<Message> prompt, List<Message> answer) {
    List<Message> all = new ArrayList<>(prompt);
    all.addAll(answer);
    return all;
  }

  // ---------------------------------------------------------------- labels

  private static Tokenized unlabelled(int[] ids) {
    int[] labels = new int[ids.length];
    Arrays.fill(labels, Tokenized.IGNORED);
    return new Tokenized(ids, labels);
  }

  /// @param prompt the prompt alone
  private TokenizedPair pair(int[] prompt, int[] chosen, int[] rejected, double margin)
      throws RowException, FormatException {
    int length = Math.min(same(prompt, chosen), same(prompt, rejected));
    merged = length < prompt.length;
    return pair(length, chosen, rejected, margin);
  }

  private static int same(int[] a, int[] b) {
    int at = Arrays.mismatch(a, b);
    return at < 0 ? a.length : at;
  }

  private TokenizedPair pair(int prompt, int[] chosen, int[] rejected, double margin)
      throws RowException, FormatException {
    return new TokenizedPair(
        labelled("the chosen completion", prompt, chosen),
        labelled("the rejected completion", prompt, rejected),
        margin);
  }

  private Tokenized labelled(String what, int prompt, int[] whole)
      throws RowException, FormatException {
    int from = prompt;
    int to = whole.length;
    if (counted != CompletionTokens.ALL) {
      int mark = VerdictMark.last(rules.tokenizer(), whole, prompt);
      if (mark < 0) {
        throw new RowException(
            "%s has no mark [[A]] or [[B]], and --completion_tokens %s looks for one"
                .formatted(what, counted == CompletionTokens.VERDICT ? "verdict" : "rationale"));
      }
      from = counted == CompletionTokens.VERDICT ? mark : from;
      to = counted == CompletionTokens.RATIONALE ? mark : to;
    }
    int[] labels = whole.clone();
    Arrays.fill(labels, 0, from, Tokenized.IGNORED);
    Arrays.fill(labels, to, whole.length, Tokenized.IGNORED);
    return new Tokenized(whole, labels);
  }
}
