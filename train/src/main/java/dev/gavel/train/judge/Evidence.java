package dev.gavel.train.judge;

import dev.gavel.llama.generate.Sample;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Numbers;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a judge said or measured, and its verdict rests on.
public sealed interface Evidence {
  /// Keys of a line of `votes.jsonl` that hold it, in their order.
  List<String> keys();

  void write(ObjectNode line);

  /// What a judge wrote.
  ///
  /// @param ids the sampled tokens; kept, not copied
  /// @param finishReason `stop` or `length`
  /// @param logprob natural, the sum over `ids` at temperature 1
  record Text(String text, int[] ids, String finishReason, double logprob) implements Evidence {
    static final List<String> KEYS = List.of("text", "ids", "finish_reason", "logprob");

    @Override
    public List<String> keys() {
      return KEYS;
    }

    @Override
    public void write(ObjectNode line) {
      line.put("text", text);
      var list = line.putArray("ids");
      for (int token : ids) {
        list.add(token);
      }
      line.put("finish_reason", finishReason);
      line.set("logprob", Numbers.json(logprob));
    }

    static Text of(Sample sample) {
      return new Text(
          sample.text(),
          sample.ids(),
          sample.finishReason().key(),
          Arrays.stream(sample.logprobs()).sum());
    }

    static Text read(JsonNode line) {
      JsonNode logprob = line.get("logprob");
      return new Text(
          line.get("text").stringValue(),
          line.get("ids").valueStream().mapToInt(JsonNode::intValue).toArray(),
          line.get("finish_reason").stringValue(),
          logprob.isNull() ? Double.NEGATIVE_INFINITY : logprob.doubleValue());
    }
  }

  /// A measured preference.
  sealed interface Measured extends Evidence {
    /// log P(A is better) / P(B is better), *Generative Reward Models*, Eq. 6.
    double logOddsOfA();

    /// Null where both are equally good.
    default @Nullable Verdict verdict() {
      double odds = logOddsOfA();
      return odds > 0 ? Verdict.A : odds < 0 ? Verdict.B : null;
    }
  }

  /// Values of the two responses: P(A is better) = sigma(a - b). PairRM measures only the
  /// difference; `b` is 0 then.
  record Scores(double a, double b) implements Measured {
    static final List<String> KEYS = List.of("score_a", "score_b");

    public Scores {
      if (!Double.isFinite(a) || !Double.isFinite(b)) {
        throw new IllegalArgumentException("the scores are %s and %s".formatted(a, b));
      }
    }

    @Override
    public double logOddsOfA() {
      return a - b;
    }

    @Override
    public List<String> keys() {
      return KEYS;
    }

    @Override
    public void write(ObjectNode line) {
      line.put("score_a", a).put("score_b", b);
    }

    static Scores read(JsonNode line) {
      return new Scores(line.get("score_a").doubleValue(), line.get("score_b").doubleValue());
    }
  }

  /// Probabilities of the letters as the next token, and of any other.
  ///
  /// @param logOddsOfA more exact than the quotient of the probabilities where these are tiny
  record Letters(double a, double b, double other, double logOddsOfA) implements Measured {
    static final List<String> KEYS = List.of("p_a", "p_b", "p_other");

    /// @param logA natural log-probability of A
    static Letters of(double logA, double logB) {
      if (Double.isNaN(logA) || Double.isNaN(logB)) {
        throw new IllegalArgumentException("a letter's probability is not a number");
      }
      double a = StrictMath.exp(logA);
      double b = StrictMath.exp(logB);
      return new Letters(a, b, Math.max(0, 1 - a - b), logA == logB ? 0 : logA - logB);
    }

    @Override
    public List<String> keys() {
      return KEYS;
    }

    @Override
    public void write(ObjectNode line) {
      line.put("p_a", a).put("p_b", b).put("p_other", other);
    }

    static Letters read(JsonNode line) {
      double a = line.get("p_a").doubleValue();
      double b = line.get("p_b").doubleValue();
      JsonNode odds = line.get("log_odds");
      double ofFirst =
          odds.isNull()
              ? (a > b ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY)
              : odds.doubleValue();
      boolean firstIsA = odds.isNull() || line.get("order").stringValue().equals("ab");
      return new Letters(a, b, line.get("p_other").doubleValue(), firstIsA ? ofFirst : -ofFirst);
    }
  }

  /// What stands in a line after the keys that every vote has; null for none that is known.
  static @Nullable Evidence read(List<String> keys, JsonNode line) {
    if (keys.equals(Text.KEYS)) {
      return Text.read(line);
    }
    List<String> measured = keys.subList(0, Math.max(0, keys.size() - Vote.MEASURES.size()));
    if (!keys.subList(measured.size(), keys.size()).equals(Vote.MEASURES)) {
      return null;
    }
    return measured.equals(Scores.KEYS)
        ? Scores.read(line)
        : measured.equals(Letters.KEYS) ? Letters.read(line) : null;
  }

  /// A line of `votes.jsonl` for people.
  default String forPeople() {
    if (this instanceof Text t) {
      return t.text();
    }
    ObjectNode node = Json.mapper().createObjectNode();
    write(node);
    return Json.write(node);
  }
}
