package dev.gavel.cuda.source;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A `.cu` file and what its comments promise.
///
/// @param text without carriage returns
record KernelSource(Path file, String text) {
  /// The module's folder: tests run there.
  static final Path MODULE = Path.of("").toAbsolutePath();

  static final Path FOLDER = MODULE.resolve("src/main/cuda");
  static final Path PTX = MODULE.resolve("src/main/resources/dev/gavel/cuda/ptx");

  private static final Pattern INCLUDE =
      Pattern.compile("^\\s*#\\s*include\\s+\"([^\"]+)\"", Pattern.MULTILINE);
  private static final Pattern ARCH = Pattern.compile("^// arch: (.*)$", Pattern.MULTILINE);
  private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+KernelTest)\\b");
  private static final Pattern REGISTERS =
      Pattern.compile(
          "^// registers\\s+(\\S+)\\s+(\\d+)(?:, spills (\\d+) bytes: (.+))?$", Pattern.MULTILINE);

  static List<KernelSource> all() throws IOException {
    List<KernelSource> all = new ArrayList<>();
    try (var files = Files.list(FOLDER)) {
      for (Path f : files.filter(p -> p.toString().endsWith(".cu")).sorted().toList()) {
        all.add(new KernelSource(f, read(f)));
      }
    }
    return all;
  }

  static KernelSource of(String stem) throws IOException {
    Path file = FOLDER.resolve(stem + ".cu");
    return new KernelSource(file, read(file));
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file).replace("\r", "");
  }

  String stem() {
    return file.getFileName().toString().replaceFirst("\\.cu$", "");
  }

  /// The files that `tools/ptx.py` makes of it.
  List<Path> ptx() {
    Matcher m = ARCH.matcher(text);
    List<Path> files = new ArrayList<>();
    for (String arch : (m.find() ? m.group(1) : "80").split(" ", -1)) {
      files.add(PTX.resolve(stem() + (arch.equals("80") ? "" : "." + arch) + ".ptx"));
    }
    return files;
  }

  /// What the kernels whose names match may take.
  ///
  /// @param names a name, or a pattern with `*`
  /// @param registers the most, on any architecture
  /// @param spills bytes of the stack frame, with a reason beside them in the source; usually 0
  record Limit(String names, int registers, int spills) {
    boolean covers(String kernel) {
      return kernel.matches(names.replace("*", "\\w*"));
    }
  }

  /// Its `// registers` lines, in order; the first that covers a kernel counts.
  List<Limit> limits() {
    List<Limit> limits = new ArrayList<>();
    Matcher m = REGISTERS.matcher(text);
    while (m.find()) {
      int spills = m.group(3) == null ? 0 : Integer.parseInt(m.group(3));
      limits.add(new Limit(m.group(1), Integer.parseInt(m.group(2)), spills));
    }
    return limits;
  }

  /// The comment at the top, without the slashes.
  String contract() {
    StringBuilder top = new StringBuilder();
    for (String line : text.split("\n", -1)) {
      if (!line.startsWith("//")) {
        break;
      }
      top.append(line.substring(2)).append('\n');
    }
    return top.toString();
  }

  /// The class that tests it, with its package.
  String test() {
    Matcher m = TEST.matcher(contract());
    if (!m.find()) {
      throw new AssertionError(file.getFileName() + ": the comment at the top names no test");
    }
    return "dev.gavel.cuda.kernels." + m.group(1);
  }

  /// SHA-256 of the source and of the headers that it includes: of each the name, 0, the text, 0.
  /// `tools/ptx.py` leaves the same in the first line of the PTX.
  String digest() throws IOException {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      update(sha, file.getFileName().toString(), text);
      for (Map.Entry<String, String> h : headers().entrySet()) {
        update(sha, h.getKey(), h.getValue());
      }
      return HexFormat.of().formatHex(sha.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void update(MessageDigest sha, String name, String text) {
    sha.update((name + "\0" + text + "\0").getBytes(StandardCharsets.UTF_8));
  }

  /// Included directly or not, by name. `simt.h`, for the emulator, lies elsewhere.
  private Map<String, String> headers() throws IOException {
    Map<String, String> found = new TreeMap<>();
    Deque<String> queue = new ArrayDeque<>(List.of(text));
    while (!queue.isEmpty()) {
      Matcher m = INCLUDE.matcher(queue.pop());
      while (m.find()) {
        Path header = FOLDER.resolve(m.group(1));
        if (!found.containsKey(m.group(1)) && Files.exists(header)) {
          found.put(m.group(1), read(header));
          queue.push(found.get(m.group(1)));
        }
      }
    }
    return found;
  }
}
