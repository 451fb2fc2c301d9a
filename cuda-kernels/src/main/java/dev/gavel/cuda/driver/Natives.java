package dev.gavel.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Loads JCuda's native libraries with care.
///
/// JCuda unpacks them to `java.io.tmpdir` under fixed names and takes a file that is there already:
/// two processes race for it, and anybody may plant one. So they are written to a private folder,
/// which `java.io.tmpdir` names while JCuda's classes initialise, and unlinked once they are
/// mapped. JCublas2 is pointed at whichever cuBLAS this machine has, 12 or 13.
///
/// A class of JCuda whose initialisation failed is lost for the life of the process, so the answer
/// is kept.
public final class Natives {
  private static final String SUFFIX = "-12.6.0-linux-x86_64.so";

  /// What the driver's kernel part shows; under Windows' Linux the last one.
  private static final List<Path> NODES =
      List.of(Path.of("/dev/nvidiactl"), Path.of("/dev/nvidia0"), Path.of("/dev/dxg"));

  private static @Nullable Outcome outcome;

  private Natives() {}

  /// What loading came to.
  public sealed interface Outcome {}

  /// @param cublas the file of cuBLAS, or the name under which the linker found it
  public record Loaded(String cublas) implements Outcome {}

  /// @param reason what is missing
  /// @param remedy what a person can do about it
  public record Missing(String reason, String remedy) implements Outcome {}

  /// Loads them the first time. Never throws, never prints.
  public static synchronized Outcome load() {
    if (outcome == null) {
      outcome = attempt();
    }
    return outcome;
  }

  private static Outcome attempt() {
    String os = System.getProperty("os.name") + " " + System.getProperty("os.arch");
    if (!os.equals("Linux amd64")) {
      return new Missing(
          "no native libraries for " + os, "use --device cpu; CUDA needs Linux on x86-64");
    }
    if (Libraries.named("libcuda.so.1") == null && NODES.stream().noneMatch(Files::exists)) {
      return new Missing(
          "no NVIDIA device here (none of " + NODES + ")",
          "use --device cpu; on a machine with one install NVIDIA's driver, in a container pass the GPU"
              + " through");
    }
    Path folder = null;
    try {
      folder = Files.createTempDirectory("gavel-jcuda"); // for this user alone
      return load(folder);
    } catch (IOException e) {
      return new Missing(
          "cannot unpack JCuda's libraries: " + e,
          "point -Djava.io.tmpdir at a folder that can be written");
    } finally {
      remove(folder);
    }
  }

  private static Outcome load(Path folder) throws IOException {
    String driver = preload();
    place(folder, "JCudaDriver", null);
    String problem = touch(folder, "jcuda.driver.JCudaDriver");
    if (problem != null) {
      return new Missing(
          "the NVIDIA driver's libcuda.so.1 does not load: " + problem,
          "install the driver (nvidia-smi shows whether it works), in a container pass the GPU through,"
              + " or use --device cpu"
              + (driver == null ? "" : "; tried " + driver));
    }
    return cublas(folder);
  }

  private static Outcome cublas(Path folder) throws IOException {
    List<String> tried = new ArrayList<>();
    for (int major : new int[] {13, 12}) {
      String name = "libcublas.so." + major;
      Path file = Libraries.usual(name);
      try {
        if (file != null) {
          System.load(file.toString()); // its RUNPATH finds libcublasLt beside it
        } else if (!onLinkerPath(name)) {
          continue;
        }
      } catch (UnsatisfiedLinkError e) {
        tried.add(file + ": " + e.getMessage());
        continue;
      }
      place(folder, "JCublas2", name);
      String problem = touch(folder, "jcuda.jcublas.JCublas2");
      return problem == null
          ? new Loaded(file == null ? name : file.toString())
          : new Missing("cuBLAS does not load: " + problem, REMEDY);
    }
    return new Missing(
        tried.isEmpty()
            ? "neither libcublas.so.13 nor libcublas.so.12 was found"
            : "cuBLAS does not load: " + String.join("; ", tried),
        REMEDY);
  }

  private static final String REMEDY =
      "install cuBLAS 12 or 13 (package libcublas-13-0, or pip's nvidia-cublas), or name its folder in"
          + " GAVEL_JAVA_OPTS=-D"
          + Libraries.PROPERTY
          + "=FOLDER";

  /// Loads the driver from where the property says, so that JCuda's library finds it by name.
  ///
  /// @return what was loaded, or why it was not; null without the property
  private static @Nullable String preload() {
    Path file = Libraries.named("libcuda.so.1");
    if (file == null) {
      return null;
    }
    try {
      System.load(file.toString());
    } catch (UnsatisfiedLinkError e) {
      return file + ": " + e.getMessage();
    }
    return file.toString();
  }

  private static boolean onLinkerPath(String name) {
    try (java.lang.foreign.Arena arena = java.lang.foreign.Arena.ofConfined()) {
      java.lang.foreign.SymbolLookup.libraryLookup(name, arena);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static void place(Path folder, String name, @Nullable String cublas) throws IOException {
    String file = "lib" + name + SUFFIX;
    try (InputStream in = ClassLoader.getSystemResourceAsStream("lib/" + file)) {
      if (in == null) {
        throw new IOException("lib/" + file + " is not on the class path or module path");
      }
      byte[] elf = in.readAllBytes();
      if (cublas != null && !cublas.equals("libcublas.so.12")) {
        elf = ElfRetarget.retarget(elf, "libcublas.so.12", cublas);
      }
      Files.write(folder.resolve(file), elf);
    }
  }

  /// Initialises a class of JCuda with the folder as the place for temporary files.
  ///
  /// @return null, or the linker's words
  private static @Nullable String touch(Path folder, String className) {
    String before = System.getProperty("java.io.tmpdir");
    System.setProperty("java.io.tmpdir", folder.toString());
    try {
      Class.forName(className);
      return null;
    } catch (LinkageError | ClassNotFoundException e) {
      return linkerWords(e);
    } finally {
      System.setProperty("java.io.tmpdir", before);
    }
  }

  private static String linkerWords(Throwable e) {
    String all = String.valueOf(e.getMessage());
    return all.lines()
        .filter(l -> l.contains("cannot open") || l.contains("version") || l.contains("undefined"))
        .findFirst()
        .orElse(all.lines().findFirst().orElse(e.toString()))
        .strip();
  }

  private static void remove(@Nullable Path folder) {
    if (folder == null) {
      return;
    }
    try (var files = Files.list(folder)) {
      for (Path f : files.toList()) {
        Files.delete(f); // mapped by now
      }
      Files.delete(folder);
    } catch (IOException e) {
      // A stray file of another thread, which asked for a temporary one in that moment, keeps it.
      folder.toFile().deleteOnExit();
    }
  }
}
