package dev.gavel.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// Runs `gavel` as a user does.
///
/// @param seconds from the start of the process to its end
/// @param peakBytes the most memory that it had (VmHWM, looked at every few milliseconds)
record Command(double seconds, long peakBytes) {
  private static final long LOOK_MILLIS = 3;

  /// @throws IOException with what it said, unless it ends with 0
  static Command run(Bench bench, String... words) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(bench.home().resolve("gavel").toString());
    command.addAll(List.of(words));
    Path errors = Files.createTempFile("gavel-bench", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().put("GAVEL_JAVA_HOME", System.getProperty("java.home"));
      builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(errors.toFile());
      long start = System.nanoTime();
      Process process = builder.start();
      long peak = watch(process);
      double seconds = 1e-9 * (System.nanoTime() - start);
      if (process.exitValue() != 0) {
        throw new IOException(
            "%s ended with %d: %s"
                .formatted(
                    String.join(" ", command), process.exitValue(), Files.readString(errors)));
      }
      return new Command(seconds, peak);
    } finally {
      Files.delete(errors);
    }
  }

  private static long watch(Process process) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    long peak = 0;
    try {
      do {
        peak = Math.max(peak, peak(status));
      } while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return peak;
  }

  private static long peak(Path status) {
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith("VmHWM:")) {
          return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException e) {
      return 0; // it has just ended
    }
    return 0;
  }
}
