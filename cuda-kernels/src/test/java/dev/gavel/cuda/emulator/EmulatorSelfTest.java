package dev.gavel.cuda.emulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.EmulatorTest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The emulator's own test, `selftest.cpp`: small kernels, right and wrong ones, whose result or
/// complaint is known.
class EmulatorSelfTest {
  /// What it prints without its last lines would be a crash.
  private static final int CASES_AT_LEAST = 4 * 28;

  @TestFactory
  Stream<DynamicTest> cases() throws IOException, InterruptedException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    List<String> lines = run(Path.of(System.getProperty("gavel.cuda.libs"), "selftest"));
    assertThat(lines).hasSizeGreaterThanOrEqualTo(CASES_AT_LEAST);
    return lines.stream()
        .map(line ->
            DynamicTest.dynamicTest(
                line.substring(line.indexOf(' ') + 1), () -> assertThat(line).startsWith("ok ")));
  }

  private static List<String> run(Path program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(program.toString()).redirectErrorStream(true).start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return lines;
  }
}
