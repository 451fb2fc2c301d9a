package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// What a judge that writes is asked about a question of RewardBench 2.
sealed interface BestOfAsk {
  BestOfRow row();

  List<Message> messages();

  /// What tells it from the row's other ones, as key and value of a line.
  void addTo(ObjectNode line);

  /// What a text says, from 1; empty: nothing that can be read.
  OptionalInt read(String text);

  /// How that stands in a line.
  void put(ObjectNode line, OptionalInt reading);

  /// Most that can be read.
  int most();

  /// A line up to what was read: nobody else's begins so.
  default ObjectNode head(int draw) {
    ObjectNode line = Json.mapper().createObjectNode();
    line.set("id", row().row().id());
    addTo(line);
    return line.put("draw", draw);
  }

  /// Decides the draws together with the seed.
  default String id() {
    ObjectNode line = Json.mapper().createObjectNode();
    addTo(line);
    return Json.write(row().row().id()) + Json.write(line);
  }

  /// A number for one response.
  ///
  /// @param response from 0, the correct ones first
  record Rating(BestOfRow row, int response, JudgePrompt prompt) implements BestOfAsk {
    @Override
    public List<Message> messages() {
      return prompt.rating(List.of(Message.user(row.prompt())), row.responses().get(response));
    }

    @Override
    public void addTo(ObjectNode line) {
      line.put("response", response);
    }

    @Override
    public OptionalInt read(String text) {
      return RatingRule.read(text);
    }

    @Override
    public void put(ObjectNode line, OptionalInt reading) {
      line.put("rating", reading.isPresent() ? (Integer) reading.getAsInt() : null);
    }

    @Override
    public int most() {
      return RatingRule.MOST;
    }
  }

  /// Which of four is best.
  ///
  /// @param slot where the correct one stands, from 0; the first of the others stands in its stead
  record Ranking(BestOfRow row, int slot, JudgePrompt prompt) implements BestOfAsk {
    static final int RESPONSES = 4;

    /// @param seed decides, with the row's id, where the correct response stands
    static Ranking of(BestOfRow row, JudgePrompt prompt, long seed) {
      String stream = "slot of " + Json.write(row.row().id());
      return new Ranking(row, Rng.below(RESPONSES, seed, Rng.stream(stream), 0), prompt);
    }

    @Override
    public List<Message> messages() {
      List<String> answers = new ArrayList<>(row.responses());
      Collections.swap(answers, 0, slot);
      return prompt.ranking(List.of(Message.user(row.prompt())), answers);
    }

    @Override
    public void addTo(ObjectNode line) {
      line.put("slot", letter(slot));
    }

    /// The first letter whose mark stands anywhere (RewardBench 2, `generative_v2.py`).
    @Override
    public OptionalInt read(String text) {
      for (int i = 0; i < RESPONSES; i++) {
        if (text.contains("[[" + letter(i) + "]]")) {
          return OptionalInt.of(i + 1);
        }
      }
      return OptionalInt.empty();
    }

    @Override
    public void put(ObjectNode line, OptionalInt reading) {
      @Nullable String verdict = reading.isPresent() ? letter(reading.getAsInt() - 1) : null;
      line.put("verdict", verdict);
    }

    @Override
    public int most() {
      return RESPONSES;
    }

    private static String letter(int i) {
      return String.valueOf((char) ('A' + i));
    }
  }
}
