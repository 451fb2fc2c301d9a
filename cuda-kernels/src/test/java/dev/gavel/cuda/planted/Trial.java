package dev.gavel.cuda.planted;

import dev.gavel.cuda.emulator.RunTests;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// The tests of one kernel, in a process of their own, on some emulator.
final class Trial {
  private static final int SECONDS = 300;

  private Trial() {}

  /// @param passed whether all tests did
  /// @param output everything that was printed
  record Outcome(boolean passed, String output) {
    /// The line that says what was noticed.
    String complaint() {
      return output
          .lines()
          .filter(l -> l.startsWith("SIMT emulator:") || l.startsWith("FAILED"))
          .findFirst()
          .orElse(output.lines().reduce((_, last) -> last).orElse("no output"));
    }
  }

  /// @param libraries the folder of the emulated driver
  /// @param seed of the random order; 0: the natural one
  static Outcome run(Path libraries, String testClass, int seed)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Dgavel.cuda.libs=" + libraries));
    command.addAll(List.of("-cp", classPath(), RunTests.class.getName(), "--first", testClass));
    return run(command, Map.of("SIMT_SEED", "" + seed));
  }

  /// Runs a command to its end; one that takes too long has failed.
  static Outcome run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile("gavel-trial", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().putAll(environment);
      Process process = builder.redirectOutput(log.toFile()).start();
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      String output = Files.readString(log) + (ended ? "" : "no end after " + SECONDS + " s");
      return new Outcome(ended && process.exitValue() == 0, output);
    } finally {
      Files.delete(log);
    }
  }

  /// All that this process runs with, modules too, as one class path.
  private static String classPath() {
    List<String> entries = new ArrayList<>(List.of("target/test-classes", "target/classes"));
    for (String property : new String[] {"jdk.module.path", "java.class.path"}) {
      String value = System.getProperty(property);
      if (value != null && !value.isEmpty()) {
        entries.add(value);
      }
    }
    return String.join(File.pathSeparator, entries);
  }
}
