package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.internal.host.DeclinedOps;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// The whole catalog on a device against the reference: what `gavel doctor --full true` reports.
public final class CatalogCheck {
  private CatalogCheck() {}

  /// What came of the ops of one name.
  ///
  /// @param op their name
  /// @param type of the tensors
  /// @param cases how many were run, forward and backward
  /// @param error the largest error of all cases, relative to the largest element expected
  /// @param share the largest error in units of what is allowed; a failure's is above 1
  /// @param failures the cases that differ too much or could not be run, for people
  /// @param declined what the device left to plain loops or to a composition, and why
  public record Row(
      String op,
      DType type,
      int cases,
      double error,
      double share,
      List<String> failures,
      Set<String> declined) {}

  /// Runs everything.
  ///
  /// @param each gets a row as soon as it is known
  public static void run(Device device, DType type, Consumer<Row> each) {
    Map<String, List<OpCase>> byName = new LinkedHashMap<>();
    for (OpCase c : OpCatalog.cases()) {
      byName.computeIfAbsent(c.op().name(), _ -> new ArrayList<>()).add(c);
    }
    try (Parity parity = new Parity(device, type)) {
      byName.forEach((name, cases) -> each.accept(row(parity, name, type, cases)));
    }
  }

  private static Row row(Parity parity, String name, DType type, List<OpCase> cases) {
    List<String> failures = new ArrayList<>();
    double[] error = {0};
    double[] share = {0};
    Set<String> declined =
        DeclinedOps.during(() -> {
          for (OpCase c : cases) {
            Parity.Result result = check(parity, c);
            error[0] = Math.max(error[0], result.error());
            share[0] = Math.max(share[0], result.error() / result.allowed());
            result.failure().ifPresent(failures::add);
          }
        });
    return new Row(name, type, cases.size(), error[0], share[0], List.copyOf(failures), declined);
  }

  /// A case that a device cannot run at all is one that fails.
  private static Parity.Result check(Parity parity, OpCase c) {
    try {
      return parity.check(c);
    } catch (RuntimeException | OutOfMemoryError e) {
      return Parity.Result.failed(c, c.label() + ": " + e);
    }
  }
}
