package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// What a judge is asked: a system text and a user text with placeholders, filled in one pass, so
/// that what stands inside a response is never read as a placeholder.
public final class JudgePrompt {
  /// What a prompt asks for, and so which placeholders it may and must have.
  public enum Kind {
    /// Compare, explain, end in a verdict (Fig. 6).
    COT(EnumSet.of(Hole.CHAT, Hole.ANSWER_A, Hole.ANSWER_B), EnumSet.noneOf(Hole.class)),
    /// One letter (Fig. 8).
    GENRM(EnumSet.of(Hole.CHAT, Hole.ANSWER_A, Hole.ANSWER_B), EnumSet.noneOf(Hole.class)),
    /// Explain a verdict that is given (Fig. 7).
    RATIONALIZER(
        EnumSet.of(Hole.CHAT, Hole.ANSWER_A, Hole.ANSWER_B, Hole.WINNER), EnumSet.of(Hole.LOSER)),
    /// Explain, end in a number from 1 to 10, as RewardBench 2 asks for one.
    RATING(EnumSet.of(Hole.CHAT, Hole.ANSWER), EnumSet.noneOf(Hole.class)),
    /// Likewise, for its subset Ties.
    RATING_TIES(EnumSet.of(Hole.CHAT, Hole.ANSWER), EnumSet.noneOf(Hole.class)),
    /// Compare four, explain, end in a verdict.
    RANKING(EnumSet.of(Hole.CHAT, Hole.FOUR), EnumSet.noneOf(Hole.class));

    private final EnumSet<Hole> required;
    private final EnumSet<Hole> known;

    Kind(EnumSet<Hole> required, EnumSet<Hole> optional) {
      this.required = required;
      this.known = EnumSet.copyOf(required);
      this.known.addAll(optional);
    }

    private String file() {
      return name().toLowerCase(Locale.ROOT) + ".json";
    }
  }

  private enum Hole {
    CHAT,
    ANSWER_A,
    ANSWER_B,
    ANSWER_C,
    ANSWER_D,
    ANSWER,
    WINNER,
    LOSER;

    static final Hole[] FOUR = {ANSWER_A, ANSWER_B, ANSWER_C, ANSWER_D};

    static Hole of(String name) {
      return valueOf(name.toUpperCase(Locale.ROOT));
    }

    String written() {
      return "{" + name().toLowerCase(Locale.ROOT) + "}";
    }
  }

  private static final Pattern HOLES =
      Pattern.compile("\\{(chat|answer(?:_[abcd])?|winner|loser)\\}");

  private final Kind kind;
  private final @Nullable String system;
  private final String user;

  private JudgePrompt(Kind kind, @Nullable String system, String user) {
    this.kind = kind;
    this.system = system;
    this.user = user;
  }

  /// The prompt of the paper's appendix, word for word; for a kind that the paper does not have,
  /// our own.
  public static JudgePrompt paper(Kind kind) {
    String name = kind.file();
    try (InputStream in = JudgePrompt.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("this build has no resource judge/" + name);
      }
      return parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name, kind);
    } catch (IOException e) {
      throw new IllegalStateException("resource judge/" + name + " cannot be read", e);
    }
  }

  /// Reads `{"system"?, "user"}`.
  ///
  /// @throws FormatException where a key is unknown or missing, a placeholder is missing, or one
  ///   stands there that this kind of prompt does not fill
  public static JudgePrompt read(Path file, Kind kind) throws IOException {
    return of(Json.read(file), file.toString(), kind);
  }

  static JudgePrompt parse(String json, String where, Kind kind) throws FormatException {
    return of(Json.parse(json, where), where, kind);
  }

  private static JudgePrompt of(JsonNode template, String where, Kind kind) throws FormatException {
    if (!template.isObject()) {
      throw new FormatException(
          where + ": expected an object {\"system\"?, \"user\"}, found " + template.getNodeType());
    }
    for (String key : template.propertyNames()) {
      if (!Set.of("system", "user").contains(key)) {
        throw new FormatException(
            where
                + ": unknown key '"
                + key
                + "'; a prompt template has system (optional) and user");
      }
      if (!template.path(key).isString()) {
        throw new FormatException(
            where + ": '" + key + "' is " + template.path(key) + ", expected a string");
      }
    }
    if (!template.has("user")) {
      throw new FormatException(
          where
              + ": 'user' is missing (keys: "
              + String.join(", ", template.propertyNames())
              + ")");
    }
    String system = template.has("system") ? template.path("system").stringValue() : null;
    String user = template.path("user").stringValue();
    checkHoles(system == null ? user : system + user, where, kind);
    return new JudgePrompt(kind, system, user);
  }

  private static void checkHoles(String text, String where, Kind kind) throws FormatException {
    EnumSet<Hole> found = EnumSet.noneOf(Hole.class);
    Matcher matcher = HOLES.matcher(text);
    while (matcher.find()) {
      found.add(Hole.of(matcher.group(1)));
    }
    EnumSet<Hole> missing = EnumSet.copyOf(kind.required);
    missing.removeAll(found);
    if (!missing.isEmpty()) {
      throw new FormatException(
          where + ": the template lacks " + list(missing) + "; it needs " + list(kind.required));
    }
    found.removeAll(kind.known);
    if (!found.isEmpty()) {
      throw new FormatException(
          "%s: %s stands only in a template of another kind; this kind fills %s"
              .formatted(where, list(found), list(kind.known)));
    }
  }

  private static String list(Set<Hole> holes) {
    return holes.stream().map(Hole::written).collect(Collectors.joining(", "));
  }

  /// The messages that ask for a verdict on a row's two answers.
  public List<Message> messages(PairRow row, Order order) {
    return messages(row.prompt(), row.answerA(order), row.answerB(order));
  }

  /// The messages that ask for a verdict on two answers.
  public List<Message> messages(List<Message> chat, String answerA, String answerB) {
    if (kind != Kind.COT && kind != Kind.GENRM) {
      throw new IllegalStateException("a template of kind " + kind + " asks something else");
    }
    return fill(
        Map.of(Hole.CHAT, ChatText.of(chat), Hole.ANSWER_A, answerA, Hole.ANSWER_B, answerB));
  }

  /// The messages that ask why `winner` is better.
  public List<Message> rationale(PairRow row, Order order, Verdict winner) {
    return rationale(row.prompt(), row.answerA(order), row.answerB(order), winner);
  }

  public List<Message> rationale(
      List<Message> chat, String answerA, String answerB, Verdict winner) {
    if (kind != Kind.RATIONALIZER) {
      throw new IllegalStateException("this template asks for a verdict, not for its reasons");
    }
    return fill(
        Map.of(
            Hole.CHAT, ChatText.of(chat),
            Hole.ANSWER_A, answerA,
            Hole.ANSWER_B, answerB,
            Hole.WINNER, winner.name(),
            Hole.LOSER, winner.other().name()));
  }

  /// The messages that ask for a number for one answer.
  public List<Message> rating(List<Message> chat, String answer) {
    if (kind != Kind.RATING && kind != Kind.RATING_TIES) {
      throw new IllegalStateException("a template of kind " + kind + " asks for no rating");
    }
    return fill(Map.of(Hole.CHAT, ChatText.of(chat), Hole.ANSWER, answer));
  }

  /// The messages that ask which of four answers is best.
  public List<Message> ranking(List<Message> chat, List<String> answers) {
    if (kind != Kind.RANKING || answers.size() != Hole.FOUR.length) {
      throw new IllegalStateException(
          "a template of kind %s, %d answers; a ranking is of four"
              .formatted(kind, answers.size()));
    }
    Map<Hole, String> values = new EnumMap<>(Hole.class);
    values.put(Hole.CHAT, ChatText.of(chat));
    for (int i = 0; i < Hole.FOUR.length; i++) {
      values.put(Hole.FOUR[i], answers.get(i));
    }
    return fill(values);
  }

  private List<Message> fill(Map<Hole, String> values) {
    List<Message> messages = new ArrayList<>(2);
    if (system != null) {
      messages.add(Message.system(fill(system, values)));
    }
    messages.add(Message.user(fill(user, values)));
    return List.copyOf(messages);
  }

  private static String fill(String text, Map<Hole, String> values) {
    return HOLES
        .matcher(text)
        .replaceAll(m -> Matcher.quoteReplacement(values.getOrDefault(Hole.of(m.group(1)), "")));
  }

  /// The template as `{"system"?, "user"}`, for the resolved configuration of a run.
  public JsonNode toJson() {
    var node = Json.mapper().createObjectNode();
    if (system != null) {
      node.put("system", system);
    }
    return node.put("user", user);
  }
}
