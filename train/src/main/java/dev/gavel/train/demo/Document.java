package dev.gavel.train.demo;

import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.demo.Question.Sum;
import dev.gavel.train.judge.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// One text that the base model is trained on: the loss counts the completion only. Both parts are
/// rendered text, special tokens written out.
public record Document(List<String> promptWords, List<String> completionWords) {
  public Document {
    promptWords = List.copyOf(promptWords);
    completionWords = List.copyOf(completionWords);
  }

  /// What a judge document asks for: one system word and a form of the user's turn.
  private enum Ask {
    JUDGE("judge"),
    EXPLAIN("explain"),
    VERDICT("verdict");

    private final String system;

    Ask(String system) {
      this.system = system;
    }
  }

  /// The system word of plain chat.
  static final String CHAT = "help";

  private static final Set<String> MARKS = Set.of(" right", " wrong");

  private static final List<String> ANSWER_NEXT =
      List.of(Vocabulary.HEADER, "assistant", Vocabulary.HEADER_END, "\n\n");

  public String prompt() {
    return String.join("", promptWords);
  }

  public String completion() {
    return String.join("", completionWords);
  }

  /// A row for `sft`.
  public ObjectNode toJson() {
    return Json.mapper().createObjectNode().put("prompt", prompt()).put("completion", completion());
  }

  /// The textbook: bare problems, clean work, clean comparisons, no headers.
  static Document textbook(Dice dice) {
    Pair pair = new PairMaker(dice).wide();
    double form = dice.uniform();
    List<String> head = Vocabulary.join(List.of(Vocabulary.BEGIN, "Q"), pair.question().words());
    if (pair.question() instanceof Sum sum) {
      if (form < 0.35) {
        return new Document(Vocabulary.join(head, List.of("\n\n")), work(sum));
      }
      if (form < 0.65) {
        pair = pair.bare();
      }
    }
    List<String> chain = Chain.draw(dice, pair, Noise.CLEAN).words();
    if (form < 0.65 && chain.contains(" tie")) {
      chain = chain.subList(0, chain.indexOf(" tie"));
    }
    return new Document(
        Vocabulary.join(head, answers(pair), List.of("\n\n")),
        Vocabulary.join(chain, List.of(Vocabulary.EOT)));
  }

  private static List<String> work(Sum sum) {
    List<String> words = new ArrayList<>(List.of("check"));
    for (Work.Step step : Work.exact(sum)) {
      words.add(step.colour());
      words.add(Words.number(step.value()));
    }
    words.add(Vocabulary.EOT);
    return words;
  }

  /// The instruction data: noisy judges 72 %, rationales 12 %, direct verdicts and chat 8 % each.
  static Document instruct(Dice dice) {
    Pair pair = new PairMaker(dice).wide();
    double kind = dice.uniform();
    if (kind < 0.72) {
      return judge(pair, Chain.draw(dice, pair, Noise.BASE));
    }
    if (kind < 0.84) {
      Verdict told = dice.chance(0.7) ? pair.truth() : pair.truth().other();
      List<String> why = List.of("\n\n", "why", Chain.place(told), " better");
      List<String> reasons = Rationale.draw(dice, pair, told);
      return new Document(
          prompt(Ask.EXPLAIN, pair, why), Vocabulary.join(reasons, List.of(Vocabulary.EOT)));
    }
    if (kind < 0.92) {
      Verdict verdict = Chain.draw(dice, pair, Noise.BASE).verdict();
      return new Document(
          prompt(Ask.VERDICT, pair, List.of()), List.of(verdict.name(), Vocabulary.EOT));
    }
    Verdict said = dice.chance(0.8) ? pair.truth() : pair.truth().other();
    return chat(pair.question(), pair.at(said));
  }

  /// What a better judge is taught by.
  static Document lesson(Dice dice, Source source) {
    Pair pair = new PairMaker(dice).wide();
    return judge(pair, source.draw(dice, pair));
  }

  private static Document judge(Pair pair, Chain chain) {
    return new Document(prompt(Ask.JUDGE, pair, List.of()), chain.closed());
  }

  /// What the assistant says in chat: no turn may start with a space, and every answer does.
  static String turnText(Answer answer) {
    return String.join("", turnWords(answer));
  }

  private static List<String> turnWords(Answer answer) {
    return Vocabulary.join(List.of("answer"), answer.words());
  }

  static Document chat(Question question, Answer answer) {
    return new Document(
        Vocabulary.join(
            List.of(Vocabulary.BEGIN),
            turn("system", List.of(CHAT)),
            turn("user", Vocabulary.join(List.of("Q"), question.words())),
            ANSWER_NEXT),
        Vocabulary.join(turnWords(answer), List.of(Vocabulary.EOT)));
  }

  /// The question and both answers under Llama-3 headers, up to where the assistant speaks.
  private static List<String> prompt(Ask ask, Pair pair, List<String> more) {
    List<String> user = Vocabulary.join(List.of("Q"), pair.question().words(), answers(pair), more);
    return Vocabulary.join(
        List.of(Vocabulary.BEGIN),
        turn("system", List.of(ask.system)),
        turn("user", user),
        ANSWER_NEXT);
  }

  private static List<String> answers(Pair pair) {
    return Vocabulary.join(
        List.of("\n\n", "A"), pair.a().words(), List.of("\n\n", "B"), pair.b().words());
  }

  private static List<String> turn(String role, List<String> words) {
    return Vocabulary.join(
        List.of(Vocabulary.HEADER, role, Vocabulary.HEADER_END, "\n\n"),
        words,
        List.of(Vocabulary.EOT));
  }

  /// The ids of the whole text.
  int[] ids() {
    return Stream.concat(promptWords.stream(), completionWords.stream())
        .mapToInt(Vocabulary::id)
        .toArray();
  }

  /// Where in [#ids] the words right and wrong stand: a model that predicts them has learned to
  /// compare, the last of its skills to come.
  public List<Integer> marks() {
    return IntStream.range(0, completionWords.size())
        .filter(i -> MARKS.contains(completionWords.get(i)))
        .map(i -> promptWords.size() + i)
        .boxed()
        .toList();
  }

  /// A row for `sft` whose labels are the marks alone.
  ObjectNode marksToJson() {
    ObjectNode row = Json.mapper().createObjectNode();
    ArrayNode ids = row.putArray("input_ids");
    Arrays.stream(ids()).forEach(ids::add);
    ArrayNode labels = row.putArray("labels");
    List<Integer> marks = marks();
    for (int i = 0; i < ids.size(); i++) {
      labels.add(marks.contains(i) ? ids.get(i).intValue() : Tokenized.IGNORED);
    }
    return row;
  }
}
