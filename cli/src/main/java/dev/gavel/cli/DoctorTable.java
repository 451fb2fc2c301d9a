package dev.gavel.cli;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.op.CatalogCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The ops of the catalog as a table: what `gavel doctor --full true` found.
final class DoctorTable {
  private final StringBuilder text = new StringBuilder();
  private final List<String> failures = new ArrayList<>();
  private final List<String> declined = new ArrayList<>();
  private int cases;

  /// Runs all of them in all types.
  ///
  /// @return the table and what was declined
  String run(Device device, List<DType> types) {
    text.append(
        String.format(
            Locale.ROOT,
            "%-16s%-6s%6s%15s%12s\n",
            "op",
            "type",
            "cases",
            "largest error",
            "of allowed"));
    types.forEach(type -> CatalogCheck.run(device, type, this::add));
    text.append(
        "\n%d cases, forward and backward; errors are relative to the largest element\n"
            .formatted(cases));
    if (declined.isEmpty()) {
      text.append("declined by the backend and run as plain loops or a composition: none\n");
    } else {
      text.append("declined by the backend and run as plain loops or a composition:\n");
      declined.forEach(d -> text.append("  ").append(d).append("\n"));
    }
    return text.toString();
  }

  private void add(CatalogCheck.Row row) {
    cases += row.cases();
    failures.addAll(row.failures());
    row.declined().forEach(d -> declined.add("%s %s: %s".formatted(row.op(), name(row.type()), d)));
    text.append(
        String.format(
            Locale.ROOT,
            "%-16s%-6s%6d%15s%10.0f %%%s\n",
            row.op(),
            name(row.type()),
            row.cases(),
            row.error() == 0 ? "0" : String.format(Locale.ROOT, "%.1e", row.error()),
            100 * row.share(),
            row.failures().isEmpty() ? "" : "  FAILED: %d".formatted(row.failures().size())));
  }

  static String name(DType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }

  /// The cases that fail, for people.
  List<String> failures() {
    return List.copyOf(failures);
  }
}
