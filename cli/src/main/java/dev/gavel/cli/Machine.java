package dev.gavel.cli;

import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// This machine and this JVM, as `gavel doctor` tells of them.
final class Machine {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  private Machine() {}

  static String describe() {
    Runtime runtime = Runtime.getRuntime();
    String flags = String.join(" ", flags());
    return new Fields()
        .add("gavel", Version.line().replaceFirst("^gavel ", ""))
        .add("JDK", jdk())
        .add("JVM flags", flags.isEmpty() ? "none" : flags)
        .add(
            "heap",
            "at most %s; tensors lie outside it"
                .formatted(SystemMemory.gigabytes(runtime.maxMemory())))
        .add("cores", runtime.availableProcessors() + processor())
        .add("memory", memory())
        .toString();
  }

  private static String jdk() {
    return "%s %s (%s), in %s"
        .formatted(
            System.getProperty("java.vm.name"),
            System.getProperty("java.vm.version"),
            System.getProperty("java.vendor"),
            System.getProperty("java.home"));
  }

  /// What the JVM was started with, wherever it was said.
  private static List<String> flags() {
    return new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .findFirst()
          .map(l -> " of " + l.replaceFirst(".*?:\\s*", ""))
          .orElse("");
    } catch (IOException e) {
      return ""; // another system than Linux
    }
  }

  private static String memory() {
    return SystemMemory.total().isEmpty()
        ? "unknown: this system does not tell"
        : "%s, %s free"
            .formatted(
                SystemMemory.gigabytes(SystemMemory.total().getAsLong()),
                SystemMemory.gigabytes(SystemMemory.free().orElse(0)));
  }
}
