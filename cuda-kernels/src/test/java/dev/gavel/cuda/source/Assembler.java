package dev.gavel.cuda.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jcuda.nvptxcompiler.JNvPTXCompiler;
import jcuda.nvptxcompiler.nvPTXCompileResult;
import jcuda.nvptxcompiler.nvPTXCompilerHandle;

/// NVIDIA's own assembler, which comes with JCuda: no GPU and no toolkit needed.
final class Assembler {
  private static final Pattern ENTRY =
      Pattern.compile("Compiling entry function '(\\w+)' for '(\\w+)'");
  private static final Pattern STACK =
      Pattern.compile("(\\d+) bytes stack frame, (\\d+) bytes spill stores");
  private static final Pattern USED = Pattern.compile("Used (\\d+) registers");
  private static boolean loaded;

  private Assembler() {}

  /// What a kernel takes on one architecture.
  ///
  /// @param frame bytes of its stack frame: what does not fit into registers
  record Use(String kernel, String arch, int registers, int frame) {}

  /// Assembles a file. What was assembled before is not done again: the answer is kept in `target`.
  static List<Use> assemble(Path ptx, String arch) throws IOException {
    String text = Files.readString(ptx);
    if (!text.contains("\n.version ")) { // other text ends the JVM
      throw new IllegalArgumentException(ptx + " is not PTX");
    }
    Path kept =
        KernelSource.MODULE.resolve(
            "target/assembled/"
                + HexFormat.of().toHexDigits((long) text.hashCode() << 32 | text.length())
                + "."
                + arch);
    if (!Files.exists(kept)) {
      String log = compile(ptx, text, arch);
      Files.createDirectories(kept.getParent());
      Files.writeString(kept, log);
    }
    return parse(Files.readString(kept), arch);
  }

  private static String compile(Path file, String text, String arch) throws IOException {
    load();
    byte[] ptx = (text + "\0").getBytes(StandardCharsets.US_ASCII);
    String[] options = {"--gpu-name=" + arch, "--verbose"};
    nvPTXCompilerHandle compiler = new nvPTXCompilerHandle();
    JNvPTXCompiler.nvPTXCompilerCreate(compiler, ptx.length, ptx);
    try {
      int status = JNvPTXCompiler.nvPTXCompilerCompile(compiler, options.length, options);
      long[] size = new long[1];
      if (status != nvPTXCompileResult.NVPTXCOMPILE_SUCCESS) {
        JNvPTXCompiler.nvPTXCompilerGetErrorLogSize(compiler, size);
        byte[] log = new byte[(int) size[0] + 1];
        JNvPTXCompiler.nvPTXCompilerGetErrorLog(compiler, log);
        throw new AssertionError(file.getFileName() + " for " + arch + ": " + words(log));
      }
      JNvPTXCompiler.nvPTXCompilerGetInfoLogSize(compiler, size);
      byte[] log = new byte[(int) size[0] + 1];
      JNvPTXCompiler.nvPTXCompilerGetInfoLog(compiler, log);
      return words(log);
    } finally {
      JNvPTXCompiler.nvPTXCompilerDestroy(compiler);
    }
  }

  /// JCuda looks for its library in the folder for temporary files: in one of our own, see Natives,
  /// where we put it, since from its module it does not see the jar that holds it.
  private static synchronized void load() throws IOException {
    if (loaded) {
      return;
    }
    String before = System.getProperty("java.io.tmpdir");
    Path own = Files.createTempDirectory("gavel-assembler");
    System.setProperty("java.io.tmpdir", own.toString());
    String library = "libJNvPTXCompiler-12.6.0-linux-x86_64.so";
    try (InputStream in = ClassLoader.getSystemResourceAsStream("lib/" + library)) {
      if (in == null) {
        throw new IOException("lib/" + library + " is not on the class path or module path");
      }
      Files.copy(in, own.resolve(library));
      JNvPTXCompiler.setExceptionsEnabled(false);
      loaded = true;
    } finally {
      System.setProperty("java.io.tmpdir", before);
      try (var files = Files.list(own)) {
        for (Path f : files.toList()) {
          Files.delete(f);
        }
      }
      Files.delete(own);
    }
  }

  private static List<Use> parse(String log, String arch) {
    List<Use> uses = new ArrayList<>();
    String entry = "";
    int frame = 0;
    for (String line : log.lines().toList()) {
      Matcher m = ENTRY.matcher(line);
      if (m.find()) {
        entry = m.group(1);
        frame = 0;
      }
      m = STACK.matcher(line);
      if (m.find()) {
        frame = Math.max(Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2)));
      }
      m = USED.matcher(line);
      if (m.find()) {
        uses.add(new Use(entry, arch, Integer.parseInt(m.group(1)), frame));
      }
    }
    return uses;
  }

  private static String words(byte[] text) {
    int n = 0;
    while (n < text.length && text[n] != 0) {
      n++;
    }
    return new String(text, 0, n, StandardCharsets.UTF_8);
  }
}
