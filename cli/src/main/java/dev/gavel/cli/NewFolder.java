package dev.gavel.cli;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// A folder that a command makes or fills.
///
/// @param fresh it was not there before
record NewFolder(Path path, boolean fresh) {
  /// @throws FormatException if there is something already
  static NewFolder at(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return new NewFolder(folder, true);
    }
    if (!Files.isDirectory(folder)) {
      throw new FormatException(folder + ": a file, expected a folder to make");
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        throw new FormatException(
            "%s: is not empty (it holds %s); choose another --output_dir"
                .formatted(folder, file.getFileName()));
      }
    }
    return new NewFolder(folder, false);
  }

  /// What was written before something failed is of no use.
  void clear() throws IOException {
    if (!Files.isDirectory(path)) {
      return;
    }
    try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
      for (Path file : files) {
        Files.delete(file);
      }
    }
    if (fresh) {
      Files.delete(path);
    }
  }
}
