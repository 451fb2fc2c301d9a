package dev.gavel.bench.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The report of a device on the emulated one: that it runs and what it holds, not its figures.
class GpuReportTest {
  @TempDir Path dir;

  private int report(String... more) throws IOException {
    List<String> words = new java.util.ArrayList<>(List.of("--output_dir", dir.toString()));
    words.addAll(List.of(more));
    return GpuReport.run(words, dir);
  }

  private JsonNode json() throws IOException {
    try (var files = Files.list(dir)) {
      Path file = files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
      return Json.parse(Files.readString(file), "report");
    }
  }

  @Test
  void trainingAndDecodingAreMeasuredAndProfiled() throws IOException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    assertThat(report("--only", "sft,decode")).isZero();
    JsonNode found = json();
    for (JsonNode step : List.of(found.get("sft").get(0), found.get("decode").get(0))) {
      assertThat(step.get("milliseconds").asDouble()).isPositive();
      assertThat(step.get("launches").asInt()).isGreaterThan(10);
      assertThat(step.get("profile").size()).isGreaterThan(5);
    }
    assertThat(found.get("sft").get(0).get("profile").toString()).contains("adam", "gemm ");
    assertThat(found.get("decode").size()).isEqualTo(2);
  }

  @Test
  void whatIsOutOfTimeOrMissingIsSaid() throws IOException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    assertThat(report("--only", "torch", "--python", "no-such-python")).isZero();
    assertThat(json().get("notes").toString()).contains("PyTorch was not measured");
    assertThat(report("--only", "sft,kernels", "--limit_seconds", "0")).isZero();
    assertThat(json().get("notes").toString()).contains("SFT was not begun", "KERNELS was not");
  }

  @Test
  void wrongUsageEndsInTwo() throws IOException {
    assertThat(report("--only", "sft,nothing")).isEqualTo(2);
    assertThat(report("--kernels", "(")).isEqualTo(2);
    assertThat(report("--limit_seconds", "soon")).isEqualTo(2);
  }
}
