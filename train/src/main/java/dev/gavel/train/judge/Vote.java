package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Numbers;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One draw of a judge that reasons: a line of `votes.jsonl`, with everything that a reader needs
/// to read the verdict again.
public final class Vote {
  private static final List<String> KEYS =
      List.of(
          "id", "order", "draw", "verdict", "prefers", "text", "ids", "finish_reason", "logprob");

  private final JsonNode id;
  private final Order order;
  private final int draw;
  private final @Nullable Verdict verdict;
  private final @Nullable Outcome prefers;
  private final String text;
  private final int[] ids;
  private final String finishReason;
  private final double logprob;

  private Vote(
      JsonNode id,
      Order order,
      int draw,
      @Nullable Verdict verdict,
      @Nullable Outcome prefers,
      String text,
      int[] ids,
      String finishReason,
      double logprob) {
    this.id = id;
    this.order = order;
    this.draw = draw;
    this.verdict = verdict;
    this.prefers = prefers;
    this.text = text;
    this.ids = ids;
    this.finishReason = finishReason;
    this.logprob = logprob;
  }

  /// What a judge wrote.
  ///
  /// @param draw from 0, per row and order
  /// @param ids the sampled tokens; kept, not copied
  /// @param finishReason `stop` or `length`
  /// @param logprob natural, the sum over `ids` at temperature 1
  public static Vote of(
      PairRow row,
      Order order,
      int draw,
      VerdictRule rule,
      String text,
      int[] ids,
      String finishReason,
      double logprob) {
    if (Double.isNaN(logprob)) {
      throw new IllegalArgumentException(
          "row %s, order %s, draw %d: the log-probability is not a number"
              .formatted(row.id(), name(order), draw));
    }
    Verdict verdict = rule.read(text);
    return new Vote(
        row.id(),
        order,
        draw,
        verdict,
        row.outcome(order, verdict),
        text,
        ids,
        finishReason,
        logprob);
  }

  public JsonNode id() {
    return id;
  }

  public Order order() {
    return order;
  }

  public int draw() {
    return draw;
  }

  /// Null: nothing could be read.
  public @Nullable Verdict verdict() {
    return verdict;
  }

  /// Null without a verdict, or without a label that could be met.
  public @Nullable Outcome prefers() {
    return prefers;
  }

  public String text() {
    return text;
  }

  /// The same draw read again, under another rule.
  public Vote reread(PairRow row, VerdictRule rule) {
    return of(row, order, draw, rule, text, ids, finishReason, logprob);
  }

  /// One line without its newline; keys in the order that COMMANDS fixes.
  public String toLine() {
    ObjectNode node = Json.mapper().createObjectNode();
    node.set("id", id);
    node.put("order", name(order)).put("draw", draw);
    node.put("verdict", verdict == null ? null : verdict.name());
    node.put("prefers", prefers == null ? null : name(prefers)).put("text", text);
    var list = node.putArray("ids");
    for (int token : ids) {
      list.add(token);
    }
    node.put("finish_reason", finishReason);
    node.set("logprob", Numbers.json(logprob));
    return Json.write(node);
  }

  /// Reads a line back.
  ///
  /// @throws FormatException where it is not a line that [#toLine] writes
  public static Vote parse(String line, String where) throws FormatException {
    JsonNode node = Json.parse(line, where);
    if (!List.copyOf(node.propertyNames()).equals(KEYS)) {
      throw new FormatException(
          "%s: keys %s, expected %s; not a vote of a judge that reasons"
              .formatted(where, node.propertyNames(), KEYS));
    }
    try {
      JsonNode logprob = node.get("logprob");
      return new Vote(
          node.get("id"),
          one(Order.class, node, "order"),
          node.get("draw").intValue(),
          node.get("verdict").isNull() ? null : one(Verdict.class, node, "verdict"),
          node.get("prefers").isNull() ? null : one(Outcome.class, node, "prefers"),
          node.get("text").stringValue(),
          node.get("ids").valueStream().mapToInt(JsonNode::intValue).toArray(),
          node.get("finish_reason").stringValue(),
          logprob.isNull() ? Double.NEGATIVE_INFINITY : logprob.doubleValue());
    } catch (RuntimeException e) {
      throw new FormatException(where + ": not a vote: " + e.getMessage(), e);
    }
  }

  private static <E extends Enum<E>> E one(Class<E> type, JsonNode node, String key) {
    return Enum.valueOf(type, node.get(key).stringValue().toUpperCase(Locale.ROOT));
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String toString() {
    return toLine();
  }
}
