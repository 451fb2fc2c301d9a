package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One draw of a judge: a line of `votes.jsonl`, with everything that a reader needs to read the
/// verdict again.
public final class Vote {
  private static final List<String> HEAD = List.of("id", "order", "draw", "verdict", "prefers");

  /// Of measured preferences: P(the first-named response is better), and its log-odds.
  static final List<String> MEASURES = List.of("preference", "log_odds");

  private final JsonNode id;
  private final Order order;
  private final int draw;
  private final @Nullable Verdict verdict;
  private final @Nullable Outcome prefers;
  private final Evidence evidence;

  private Vote(
      JsonNode id,
      Order order,
      int draw,
      @Nullable Verdict verdict,
      @Nullable Outcome prefers,
      Evidence evidence) {
    this.id = id;
    this.order = order;
    this.draw = draw;
    this.verdict = verdict;
    this.prefers = prefers;
    this.evidence = evidence;
  }

  /// What a judge wrote.
  ///
  /// @param draw from 0, per row and order
  public static Vote of(
      PairRow row, Order order, int draw, VerdictReader rule, Evidence.Text written) {
    if (Double.isNaN(written.logprob())) {
      throw new IllegalArgumentException(
          "row %s, order %s, draw %d: the log-probability is not a number"
              .formatted(row.id(), name(order), draw));
    }
    Verdict verdict = rule.read(written.text());
    return new Vote(row.id(), order, draw, verdict, row.outcome(order, verdict), written);
  }

  /// What a judge measured; there is one draw for each order.
  public static Vote of(PairRow row, Order order, Evidence.Measured measured) {
    Verdict verdict = measured.verdict();
    return new Vote(row.id(), order, 0, verdict, row.outcome(order, verdict), measured);
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

  /// What it rests on.
  public Evidence evidence() {
    return evidence;
  }

  /// What the judge wrote; empty where it measured.
  public String text() {
    return evidence instanceof Evidence.Text t ? t.text() : "";
  }

  /// log P/(1 - P), P that the first-named response is better; empty where the judge wrote a text.
  public OptionalDouble logOdds() {
    return evidence instanceof Evidence.Measured m
        ? OptionalDouble.of(order == Order.AB ? m.logOddsOfA() : -m.logOddsOfA())
        : OptionalDouble.empty();
  }

  /// The same draw read again, under another rule.
  public Vote reread(PairRow row, VerdictReader rule) {
    return evidence instanceof Evidence.Text t ? of(row, order, draw, rule, t) : this;
  }

  /// One line without its newline; keys in the order that COMMANDS fixes.
  public String toLine() {
    ObjectNode node = Json.mapper().createObjectNode();
    node.set("id", id);
    node.put("order", name(order)).put("draw", draw);
    node.put("verdict", verdict == null ? null : verdict.name());
    node.put("prefers", prefers == null ? null : name(prefers));
    evidence.write(node);
    if (logOdds().isPresent()) {
      double odds = logOdds().getAsDouble();
      node.put("preference", 1 / (1 + StrictMath.exp(-odds)));
      node.put("log_odds", Double.isInfinite(odds) ? null : odds);
    }
    return Json.write(node);
  }

  /// Reads a line back.
  ///
  /// @throws FormatException where it is not a line that [#toLine] writes
  public static Vote parse(String line, String where) throws FormatException {
    JsonNode node = Json.parse(line, where);
    List<String> keys = List.copyOf(node.propertyNames());
    boolean begins = keys.size() > HEAD.size() && keys.subList(0, HEAD.size()).equals(HEAD);
    try {
      Evidence evidence =
          begins ? Evidence.read(keys.subList(HEAD.size(), keys.size()), node) : null;
      if (evidence == null) {
        throw new FormatException(
            "%s: keys %s, expected %s and then those of a text, of scores or of letters; not a vote"
                .formatted(where, keys, HEAD));
      }
      return new Vote(
          Row.id(node.get("id"), line),
          one(Order.class, node, "order"),
          node.get("draw").intValue(),
          node.get("verdict").isNull() ? null : one(Verdict.class, node, "verdict"),
          node.get("prefers").isNull() ? null : one(Outcome.class, node, "prefers"),
          evidence);
    } catch (RuntimeException | RowException e) {
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
