package dev.gavel.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// The jar as a process. That it runs is tested, never how fast.
class BenchmarksJarIT {
  private static final Path HOME = Path.of(System.getProperty("gavel.home"));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private record Ended(int code, String out) {}

  private Ended run(String... words) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Dgavel.home=" + HOME);
    command.add("-jar");
    command.add(HOME.resolve("bench/target/benchmarks.jar").toString());
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(folder.toFile());
    builder.environment().put("GAVEL_PEERS", folder.resolve("none").toString());
    Process process = builder.start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    return new Ended(process.exitValue(), out);
  }

  @Test
  void anEntryOfTheCatalogIsCheckedAndTimed() throws Exception {
    Path file = folder.resolve("result.json");
    Ended ended =
        run(
            "OpBench.backward",
            "-p",
            "op=swiGlu",
            "-f",
            "1",
            "-wi",
            "0",
            "-i",
            "1",
            "-r",
            "50ms",
            "-rf",
            "json",
            "-rff",
            file.toString());
    assertThat(ended.out).contains("# backend vector-", "swiGlu [1024, 2048] [1024, 2048] agrees");
    assertThat(ended.code).isZero();
    JsonNode result = Json.read(file).get(0);
    assertThat(result.path("benchmark").asString()).endsWith(".OpBench.backward");
    assertThat(result.path("params").path("op").asString()).isEqualTo("swiGlu");
    assertThat(result.path("primaryMetric").path("score").asDouble()).isPositive();
  }

  @Test
  void benchesAreListedWithTheOpsOfTheCatalog() throws Exception {
    Ended ended = run("-lp", "OpBench.forward");
    assertThat(ended.code).isZero();
    assertThat(ended.out).contains("OpBench.forward", "matmulNT", "linearLogProb");
  }

  @Test
  void wrongUsageIsSaid() throws Exception {
    Ended ended = run("--nonsense");
    assertThat(ended.code).isEqualTo(2);
    assertThat(ended.out).contains("gavel bench: ", "nonsense");
    assertThat(run("report", "--only", "speed").code).isEqualTo(2);
  }

  @Test
  void aReportWithoutPeersSaysHowToGetThem() throws Exception {
    Path page = folder.resolve("page.md");
    Ended ended = run("report", "--only", "gemm", "--output_file", page.toString());
    assertThat(ended.code).isEqualTo(1);
    assertThat(ended.out).contains("limits is not built: bench/peers/setup.sh makes it");
    assertThat(Files.readString(page))
        .contains("# Performance", "Not measured: limits is not built");
  }
}
