package dev.gavel.train.judge;

import dev.gavel.tensor.io.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

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

  /// The pair that the vote at a place is on.
  PairRow rowAt(long place) {
    return asks.get((int) (place / n)).row;
  }

  /// Whether a vote is the one that stands at a place.
  boolean hasAt(long place, Vote vote) {
    if (place >= size()) {
      return false;
    }
    Ask ask = asks.get((int) (place / n));
    return Json.write(ask.row.id()).equals(Json.write(vote.id()))
        && ask.order == vote.order()
        && vote.draw() == place % n;
  }

  /// The vote that stands at a place, for people.
  String describe(long place) {
    Ask ask = asks.get((int) (place / n));
    return describe(ask.row.id(), ask.order, (int) (place % n));
  }

  static String describe(Vote vote) {
    return describe(vote.id(), vote.order(), vote.draw());
  }

  private static String describe(JsonNode id, Order order, int draw) {
    return "draw %d of item %s (%s)"
        .formatted(draw, Json.write(id), order.name().toLowerCase(Locale.ROOT));
  }
}
