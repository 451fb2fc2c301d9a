package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.report.Page;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A pair, and what judges said of it, as parts of a page.
final class Transcript {
  private static final int TITLE_LENGTH = 90;

  private final PairRow row;

  Transcript(PairRow row) {
    this.row = row;
  }

  /// The id and the first words that are asked.
  String title() {
    String last = row.prompt().isEmpty() ? "" : row.prompt().getLast().content();
    String line = last.strip().replaceAll("\\s+", " ");
    int end =
        line.codePointCount(0, line.length()) <= TITLE_LENGTH
            ? line.length()
            : line.offsetByCodePoints(0, TITLE_LENGTH);
    return Json.write(row.id()) + ": " + line.substring(0, end) + (end < line.length() ? " …" : "");
  }

  /// The question and both answers, in their places under the orders in which they were put.
  void question(Page page, Order order, Order other) {
    StringBuilder chat = new StringBuilder();
    for (Message m : row.prompt()) {
      chat.append(row.prompt().size() > 1 ? m.role() + ": " : "").append(m.content()).append('\n');
    }
    page.texts(List.of(new Page.Part("question", chat.toString().stripTrailing())), false);
    page.texts(List.of(answer(order, other, Verdict.A), answer(order, other, Verdict.B)), true);
  }

  /// @param place under the first order
  private Page.Part answer(Order order, Order other, Verdict place) {
    Side side = order.preferred(place);
    String name = place.name();
    if (order != other) {
      name += " (" + other.verdictFor(side) + " for the second)";
    }
    if (row.isDecided() && row.better() == side) {
      name += ", which people preferred";
    }
    String text = place == Verdict.A ? row.answerA(order) : row.answerB(order);
    return new Page.Part(name, text);
  }

  /// What a judge said.
  ///
  /// @param who or empty
  /// @param more behind it, or empty
  Page.Part said(Vote vote, String who, String more) {
    String verdict = vote.verdict() == null ? "no verdict" : "says " + vote.verdict();
    String label = (who.isEmpty() ? "" : who + " ") + verdict + outcome(vote.prefers()) + more;
    return new Page.Part(label, vote.evidence().forPeople(), standing(vote.prefers()));
  }

  private static String outcome(@Nullable Outcome prefers) {
    return prefers == null ? "" : prefers == Outcome.CHOSEN ? ": right" : ": wrong";
  }

  private static Page.Standing standing(@Nullable Outcome prefers) {
    return prefers == null
        ? Page.Standing.OPEN
        : prefers == Outcome.CHOSEN ? Page.Standing.YES : Page.Standing.NO;
  }

  /// How many of an item's draws are right; empty where there is only one.
  static String tally(ItemVotes item) {
    return item.draws() == 1 || !item.isLabelled()
        ? ""
        : "; of %d draws %d right".formatted(item.draws(), item.votes(item.labelled()));
  }
}
