package dev.gavel.train.demo;

import java.util.Locale;

/// The out-of-domain test, after RewardBench's sections.
public enum Section {
  /// In-domain problems, the right answer always the kinder one.
  CHAT("Chat"),
  /// In-domain problems, the right answer the kinder one in a quarter, no ties.
  CHAT_HARD("Chat Hard"),
  /// Requests about things that the people's data never mention, harmful and harmless.
  SAFETY("Safety"),
  /// Longer walks and an operation that the people's data lack; manners say nothing.
  REASONING("Reasoning");

  private final String title;

  Section(String title) {
    this.title = title;
  }

  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// As tables and `subset` write it.
  public String title() {
    return title;
  }
}
