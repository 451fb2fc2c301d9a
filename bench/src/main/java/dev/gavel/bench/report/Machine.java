package dev.gavel.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// What the report ran on.
final class Machine {
  private Machine() {}

  static String processor() throws IOException {
    return field(Path.of("/proc/cpuinfo"), "model name");
  }

  static String memory() throws IOException {
    double kib =
        Double.parseDouble(field(Path.of("/proc/meminfo"), "MemTotal").replaceAll("\\D", ""));
    return Words.gigabytes(1024 * kib);
  }

  /// Whether the system gives huge pages to those who ask.
  static String hugePages() throws IOException {
    Path file = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
    return Files.exists(file) ? Files.readString(file).strip() : "none";
  }

  /// Load of the last minute.
  static double load() throws IOException {
    return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
  }

  static String jdk() {
    return System.getProperty("java.vm.vendor") + " " + Runtime.version();
  }

  /// The commit, and whether something was changed after it.
  static String commit(Path home) throws IOException {
    String commit = git(home, "rev-parse", "--short=12", "HEAD");
    boolean clean = git(home, "status", "--porcelain", "--untracked-files=no").isEmpty();
    return commit.isEmpty() ? "unknown" : commit + (clean ? "" : ", with changes");
  }

  private static String git(Path home, String... words) throws IOException {
    List<String> command = new java.util.ArrayList<>(List.of("git", "-C", home.toString()));
    command.addAll(List.of(words));
    try {
      Process git =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      String out = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(10, TimeUnit.SECONDS) && git.exitValue() == 0 ? out : "";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "";
    } catch (IOException e) {
      return ""; // no git here
    }
  }

  private static String field(Path file, String key) throws IOException {
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith(key)) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return "0";
  }
}
