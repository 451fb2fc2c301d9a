package dev.gavel.bench.op;

import dev.gavel.tensor.op.Op;
import dev.gavel.tensor.op.OpCatalog;
import java.util.List;

/// What [OpBench] runs on: the op catalog, by name.
public final class BenchedOps {
  private BenchedOps() {}

  /// All values of the parameter `op`.
  public static List<String> names() {
    return OpCatalog.all().stream().map(Op::name).toList();
  }

  /// @throws IllegalArgumentException naming all that there are
  public static Op named(String name) {
    return OpCatalog.all().stream()
        .filter(op -> op.name().equals(name))
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no op '%s'; here are %s".formatted(name, names())));
  }
}
