package dev.gavel.train.run;

import dev.gavel.tensor.Devices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/// Memory as the system tells of it (Linux; elsewhere nothing is known).
public final class SystemMemory {
  private static final Path MEMINFO = Path.of("/proc/meminfo");
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path GROUP = Path.of("/sys/fs/cgroup");

  private SystemMemory() {}

  /// Bytes that this process may still get: what the kernel calls available, and what a container
  /// leaves; file pages that can be dropped count as free.
  public static OptionalLong free() {
    return least(field(MEMINFO, "MemAvailable:", 1024), containerFree());
  }

  /// Bytes that are free where tensors will live: in the device's own memory, or in the machine's.
  public static OptionalLong freeFor(Devices.Choice choice) {
    OptionalLong own = choice.freeMemory();
    return own.isPresent() ? own : free();
  }

  /// Bytes of the machine, or of the container where that is less.
  public static OptionalLong total() {
    return least(field(MEMINFO, "MemTotal:", 1024), number(GROUP.resolve("memory.max")));
  }

  /// The most bytes that this process ever had in memory.
  public static OptionalLong peak() {
    return known(field(STATUS, "VmHWM:", 1024));
  }

  /// `1.2 GB`.
  public static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
  }

  private static long containerFree() {
    long limit = number(GROUP.resolve("memory.max"));
    long used = number(GROUP.resolve("memory.current"));
    long files = Math.max(0, field(GROUP.resolve("memory.stat"), "inactive_file ", 1));
    return limit < 0 || used < 0 ? -1 : Math.max(0, limit - used + files);
  }

  private static OptionalLong least(long a, long b) {
    return known(a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b));
  }

  private static OptionalLong known(long value) {
    return value < 0 ? OptionalLong.empty() : OptionalLong.of(value);
  }

  /// -1 where it is not told.
  private static long field(Path file, String key, long unit) {
    try {
      List<String> lines = Files.readAllLines(file);
      for (String line : lines) {
        if (line.startsWith(key)) {
          return unit * Long.parseLong(line.replaceAll("\\D", ""));
        }
      }
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
    return -1;
  }

  /// -1 where it is not told, or is `max`.
  private static long number(Path file) {
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (IOException | NumberFormatException e) {
      return -1;
    }
  }
}
