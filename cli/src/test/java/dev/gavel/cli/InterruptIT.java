package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// Ctrl-C, as a real signal to a real process.
class InterruptIT {
  private static final String STOPPING =
      "gavel: interrupted; stopping at the next safe point (again: at once)";

  /// A process under test and what it says on standard error.
  private static final class Child implements AutoCloseable {
    final Process process;
    private final BufferedReader err;

    Child(boolean stubborn, String... words) throws IOException {
      ProcessBuilder builder = new ProcessBuilder(Processes.testCommands(words));
      if (stubborn) {
        builder.environment().put("STUBBORN", "1");
      }
      process = builder.start();
      err =
          new BufferedReader(
              new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
    }

    Optional<String> line() throws IOException {
      return Optional.ofNullable(err.readLine());
    }

    void signal(String name) throws Exception {
      int code =
          new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
      assertThat(code).isZero();
    }

    int code() throws InterruptedException {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return process.exitValue();
    }

    String out() throws IOException {
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  /// What a shell starts in the background ignores SIGINT, and so do its children.
  static boolean cannotInterrupt() throws IOException {
    Path status = Path.of("/proc/self/status");
    boolean ignored =
        Files.exists(status)
            && Files.readAllLines(status).stream()
                .filter(l -> l.startsWith("SigIgn:"))
                .anyMatch(l -> (Long.parseUnsignedLong(l.substring(7).strip(), 16) & 2) != 0);
    if (ignored) {
      System.err.println("SKIPPED: this process was started with SIGINT ignored");
    }
    return ignored;
  }

  @Test
  void theFirstOneLetsACommandSave() throws Exception {
    if (cannotInterrupt()) {
      return;
    }
    try (Child child = new Child(false, "wait")) {
      assertThat(child.line()).contains("ready");
      child.signal("INT");
      assertThat(child.line()).contains(STOPPING);
      assertThat(child.out()).isEqualTo("saved\n");
      assertThat(child.code()).isEqualTo(130);
    }
  }

  @Test
  void theSecondOneEndsItAtOnce() throws Exception {
    if (cannotInterrupt()) {
      return;
    }
    try (Child child = new Child(true, "wait")) {
      assertThat(child.line()).contains("ready");
      child.signal("INT");
      assertThat(child.line()).contains(STOPPING);
      assertThat(child.line()).contains("asked");
      child.signal("INT");
      assertThat(child.out()).isEmpty();
      assertThat(child.code()).isEqualTo(130);
    }
  }

  @Test
  void nothingToSaveEndsAtOnce() throws Exception {
    if (cannotInterrupt()) {
      return;
    }
    try (Child child = new Child(false, "wait", "--hold", "false")) {
      assertThat(child.line()).contains("ready");
      child.signal("INT");
      assertThat(child.code()).isEqualTo(130);
      assertThat(child.line()).isEmpty();
    }
  }

  @Test
  void terminationIsHeardToo() throws Exception {
    try (Child child = new Child(false, "wait")) {
      assertThat(child.line()).contains("ready");
      child.signal("TERM");
      assertThat(child.line()).contains(STOPPING);
      assertThat(child.out()).isEqualTo("saved\n");
      assertThat(child.code()).isEqualTo(143);
    }
  }
}
