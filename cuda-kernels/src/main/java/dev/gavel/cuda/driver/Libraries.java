package dev.gavel.cuda.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Where the driver and cuBLAS may lie. What the dynamic linker finds by itself needs no entry; but
/// cuBLAS often comes with a toolkit or with PyTorch's wheels, off its path.
final class Libraries {
  /// Folders to look in first, separated as in a class path.
  static final String PROPERTY = "gavel.cuda.libs";

  private Libraries() {}

  /// The first file of that name in the folders of the property; null without one.
  static @Nullable Path named(String file) {
    return find(split(System.getProperty(PROPERTY)), file);
  }

  /// The file in the usual places.
  static @Nullable Path usual(String file) {
    Path here = named(file);
    return here != null ? here : find(usualFolders(), file);
  }

  private static List<Path> usualFolders() {
    List<Path> folders = new ArrayList<>(split(System.getenv("LD_LIBRARY_PATH")));
    for (String root : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
      String home = System.getenv(root);
      if (home != null) {
        folders.add(Path.of(home, "lib64"));
      }
    }
    folders.addAll(matching(Path.of("/usr/local"), "cuda*", "lib64"));
    for (String f :
        new String[] {
          "/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/wsl/lib", "/usr/local/nvidia/lib64"
        }) {
      folders.add(Path.of(f));
    }
    for (String variable : new String[] {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
      String home = System.getenv(variable);
      if (home != null) {
        folders.addAll(wheels(Path.of(home, "lib")));
      }
    }
    folders.addAll(wheels(Path.of("/usr/local/lib")));
    folders.addAll(wheels(Path.of("/usr/lib")));
    folders.addAll(wheels(Path.of(System.getProperty("user.home"), ".local", "lib")));
    return folders;
  }

  /// `LIB/python3.12/site-packages/nvidia/PACKAGE/lib`, where Python's wheels leave them.
  private static List<Path> wheels(Path lib) {
    List<Path> folders = new ArrayList<>();
    for (String packages : new String[] {"site-packages", "dist-packages"}) {
      for (Path nvidia : matching(lib, "python3*", packages + "/nvidia")) {
        folders.addAll(matching(nvidia, "{cublas,cu1*}", "lib"));
      }
    }
    return folders;
  }

  private static List<Path> matching(Path folder, String glob, String below) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
        entries.forEach(e -> found.add(e.resolve(below)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    found.removeIf(f -> !Files.isDirectory(f));
    found.sort(null);
    return found.reversed(); // the newest version first
  }

  private static List<Path> split(@Nullable String list) {
    List<Path> folders = new ArrayList<>();
    if (list != null) {
      for (String f : list.split(java.io.File.pathSeparator, -1)) {
        if (!f.isEmpty()) {
          folders.add(Path.of(f));
        }
      }
    }
    return folders;
  }

  private static @Nullable Path find(List<Path> folders, String file) {
    for (Path folder : folders) {
      Path path = folder.resolve(file).toAbsolutePath();
      if (Files.isReadable(path)) {
        return path;
      }
    }
    return null;
  }
}
