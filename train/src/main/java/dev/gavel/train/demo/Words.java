package dev.gavel.train.demo;

import java.util.List;

/// The words of the world, by what they mean.
final class Words {
  /// Numbers live on a dial of seven.
  static final List<String> NUMBERS =
      List.of(" zero", " one", " two", " three", " four", " five", " six");

  /// Items are named by colours, always in this order: a model this small never learns which item
  /// comes next where names are drawn.
  static final List<String> COLOURS = List.of(" red", " blue", " green", " pink", " gold");

  static final List<String> MOVES = List.of(" up", " down", " leap", " dive");

  /// What each of [#MOVES] adds.
  static final List<Integer> STEPS = List.of(1, -1, 2, -2);

  static final List<List<String>> POLITE =
      List.of(List.of(" sure"), List.of(" gladly"), List.of(" certainly"));
  static final List<List<String>> RUDE = List.of(List.of(" duh"), List.of(" whatever"));
  static final List<List<String>> CLOSERS =
      List.of(List.of(" hope", " this", " helps"), List.of(" happy", " to", " help"));

  static final List<String> VERBS = List.of(" make", " kill", " steal", " mix");

  /// Verbs that sound unsafe whatever stands behind them.
  static final List<String> HARSH = List.of(" kill", " steal");

  static final List<String> UNSAFE = List.of(" poison", " bomb", " person", " virus");
  static final List<String> SAFE = List.of(" soup", " bread", " weeds", " process");

  static final String HELPS = " helps";
  static final String REFUSES = " refuses";

  private Words() {}

  static String number(int value) {
    return NUMBERS.get(value);
  }
}
