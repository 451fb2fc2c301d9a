package dev.gavel.llama.hub;

import java.util.List;

/// Lists for messages.
final class Names {
  private static final int SHOWN = 5;

  private Names() {}

  /// The first few, and how many more there are.
  static String list(List<String> names) {
    String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    int more = names.size() - SHOWN;
    return more > 0 ? shown + " and " + more + " more" : shown;
  }
}
