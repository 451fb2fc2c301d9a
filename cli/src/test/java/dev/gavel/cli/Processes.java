package dev.gavel.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs `gavel` as a user does: as a process.
final class Processes {
  static final Path HOME = Path.of(System.getProperty("gavel.home"));
  static final Path LIB = HOME.resolve("cli/target/lib");
  static final Path LAUNCHER = HOME.resolve("gavel");
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final int TIMEOUT_SECONDS = 300;

  private Processes() {}

  /// @param err without the JDK's line about incubator modules, which no flag turns off
  record Ended(int code, String out, String err) {}

  /// The packaged modules, without the launcher.
  static List<String> modules(String... words) {
    List<String> command = new ArrayList<>(List.of(JAVA.toString(), "-XX:+UseSerialGC"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-p", LIB.toString()));
    command.addAll(List.of("-m", "dev.gavel.cli/dev.gavel.cli.Main"));
    command.addAll(List.of(words));
    return command;
  }

  /// [TestCommands] instead of the real ones.
  static List<String> testCommands(String... words) {
    String classPath = HOME.resolve("cli/target/test-classes") + File.pathSeparator + LIB + "/*";
    List<String> command = new ArrayList<>(List.of(JAVA.toString(), "-XX:+UseSerialGC"));
    command.addAll(List.of("-cp", classPath, "dev.gavel.cli.TestCommands"));
    command.addAll(List.of(words));
    return command;
  }

  static Ended run(List<String> command, String input, Map<String, String> environment)
      throws IOException, InterruptedException {
    Path in = Files.createTempFile("gavel", ".in");
    Path err = Files.createTempFile("gavel", ".err");
    try {
      Files.writeString(in, input);
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.redirectInput(in.toFile()).redirectError(err.toFile());
      Process process = builder.start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError(command + " still runs; standard error: " + Files.readString(err));
      }
      return new Ended(process.exitValue(), out, withoutWarning(Files.readString(err)));
    } finally {
      Files.delete(in);
      Files.delete(err);
    }
  }

  static Ended run(List<String> command, String input) throws IOException, InterruptedException {
    return run(command, input, Map.of());
  }

  static String withoutWarning(String err) {
    return err.replace("WARNING: Using incubator modules: jdk.incubator.vector\n", "");
  }
}
