package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;

/// The fixed order of votes: rows as they came, `ab` before `ba`, draws from 0.
final class VoteOrder {
  /// One question: a pair under one order, asked `n` times.
  record Ask(PairRow row, Order order) {
    /// Decides the draws together with the seed.
    String id() {
      return Json.write(row.id()) + "/" + order;
    }
  }

  private final List<Ask> asks = new ArrayList<>();
  private final int n;

  VoteOrder(List<PairRow> rows, Placement placement, int n) {
    this.n = n;
    for (PairRow row : rows) {
      for (Order order : placement.orders(row.id())) {
        asks.add(new Ask(row, order));
      }
    }
  }

  List<Ask> asks() {
    return asks;
  }

  /// Draws of each question.
  int n() {
    return n;
  }

  /// Votes in all.
  long size() {
    return (long) asks.size() * n;
  }

  /// Where a draw of question number `ask` stands.
  long place(int ask, int draw) {
    return (long) ask * n + draw;
  }

  /// Whether a vote is the one that stands at a place.
  boolean hasAt(long place, Vote vote) {
    if (place >= size()) {
      return false;
    }
    Ask ask = asks.get((int) (place / n));
    return ask.row.id().equals(vote.id()) && ask.order == vote.order() && vote.draw() == place % n;
  }
}
