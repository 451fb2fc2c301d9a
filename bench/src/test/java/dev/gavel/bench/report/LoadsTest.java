package dev.gavel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.bench.Load;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

class LoadsTest {
  /// Opening a file costs the same whatever it holds.
  private static final List<String> WITHOUT = List.of("SafetensorsBench.open");

  @Test
  void everyBenchSaysWhatItHasToDo() throws Exception {
    var benches =
        BenchmarkList.defaultList()
            .getAll(
                OutputFormatFactory.createFormatInstance(System.err, VerboseMode.SILENT),
                List.of());
    assertThat(benches).isNotEmpty();
    for (BenchmarkListEntry bench : benches) {
      Map<String, String[]> params = bench.getParams().orElse(Map.of());
      String[] parts = bench.getUsername().split("\\.");
      String name = parts[parts.length - 2] + "." + parts[parts.length - 1];
      if (name.contains("KernelBench.")) {
        continue; // of CUDA: its work says so itself (KernelBenchesTest), and this report has none
      }
      Load load =
          Loads.of(
              name,
              key ->
                  switch (key) {
                    case "op" -> "attention";
                    case "kernel" -> "ADAMW";
                    default -> params.get(key)[0];
                  });
      assertThat(load.bytes() + load.flops() > 0)
          .as("%s with %s", name, new TreeSet<>(params.keySet()))
          .isNotEqualTo(WITHOUT.contains(name));
    }
  }
}
