package dev.gavel.bench.report;

import java.io.IOException;

/// Measures one thing that the report tells of.
interface Section {
  /// What `--only` calls it.
  String name();

  String title();

  /// Whether it takes so long that only `--full` has it, or who names it.
  default boolean onlyInFull() {
    return false;
  }

  /// @throws IOException if a side fails; the report says so and goes on
  Result measure(Bench bench) throws IOException;
}
