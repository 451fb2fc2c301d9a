package dev.gavel.cuda.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The folder of the kernels, for tests that work on copies of it.
public final class KernelSources {
  private KernelSources() {}

  /// The folder of this module.
  public static Path module() {
    return KernelSource.MODULE;
  }

  /// The names of the `.cu` files, without the ending.
  public static List<String> stems() throws IOException {
    return KernelSource.all().stream().map(KernelSource::stem).toList();
  }

  /// The class that tests a kernel, with its package, as the comment at the top of the `.cu` says.
  public static String test(String stem) {
    try {
      return KernelSource.of(stem).test();
    } catch (IOException e) {
      throw new AssertionError(stem, e);
    }
  }

  /// Copies all sources.
  public static void copyTo(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (var files = Files.list(KernelSource.FOLDER)) {
      for (Path f : files.toList()) {
        Files.copy(f, folder.resolve(f.getFileName()));
      }
    }
  }

  /// Deletes a folder with all that is in it, if it is there.
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.walk(folder)) {
      for (Path f : files.toList().reversed()) {
        Files.delete(f);
      }
    }
  }
}
