package dev.gavel.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.spi.Probe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What `gavel doctor --full true` hears.
class CatalogCheckTest {
  private static Map<String, CatalogCheck.Row> rows(String backend, DType type) {
    List<CatalogCheck.Row> rows = new ArrayList<>();
    try (Device device = Device.over(Devices.byName(backend).open(2, 0), type)) {
      CatalogCheck.run(device, type, rows::add);
    }
    return rows.stream().collect(Collectors.toMap(CatalogCheck.Row::op, Function.identity()));
  }

  @Test
  void theReferenceAgreesWithItself() {
    Map<String, CatalogCheck.Row> rows = rows("reference", DType.F64);
    assertThat(rows.keySet())
        .containsAll(OpCatalog.all().stream().map(Op::name).collect(Collectors.toSet()));
    assertThat(rows.values()).allMatch(r -> r.error() == 0 && r.share() == 0);
    assertThat(rows.values()).allMatch(r -> r.failures().isEmpty() && r.declined().isEmpty());
    assertThat(rows.values().stream().mapToInt(CatalogCheck.Row::cases).sum())
        .isEqualTo(OpCatalog.cases().size());
  }

  /// The CPU backend leaves what is not f32 to the reference loops, and says so.
  @Test
  void whatABackendDeclinesIsHeard() {
    if (Devices.byName("vector").probe() instanceof Probe.Unusable(String reason, String remedy)) {
      System.err.println("SKIPPED: declined ops: vector: " + reason + "; " + remedy);
      return;
    }
    Map<String, CatalogCheck.Row> rows = rows("vector", DType.BF16);
    assertThat(rows.get("matmulNT").declined())
        .contains("matmul: elements are BF16, the kernels are for F32");
    assertThat(rows.get("matmulNT").failures()).isEmpty();
    assertThat(rows.get("matmulNT").share()).isBetween(0.1, 1.0);
    assertThat(rows("vector", DType.F32).values()).allMatch(r -> r.declined().isEmpty());
  }
}
