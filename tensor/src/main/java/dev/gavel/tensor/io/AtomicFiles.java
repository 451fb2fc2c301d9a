package dev.gavel.tensor.io;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Files that are either whole or not there: written under a temporary name beside the target,
/// forced to disk, renamed.
public final class AtomicFiles {
  /// Target and process of a temporary name.
  private static final Pattern TEMPORARY = Pattern.compile("\\.(.+)\\.tmp(\\d{1,18})");

  private AtomicFiles() {}

  /// What fills the file.
  public interface Body {
    void write(FileChannel channel) throws IOException;
  }

  /// Writes `file`; on any failure nothing of it stays and an older file of that name is untouched.
  ///
  /// @throws IOException naming `file`; a [FormatException] of the body's own input passes as it is
  public static void write(Path file, Body body) throws IOException {
    try (Staged staged = stage(file, body)) {
      staged.commit();
    }
  }

  /// Writes a text as UTF-8.
  public static void writeString(Path file, String text) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    write(
        file,
        channel -> {
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        });
  }

  /// A file that is written and forced to disk under a temporary name, for callers that want
  /// several files to appear at (nearly) one moment. [Staged#commit] renames it; closing without
  /// that removes it.
  public static Staged stage(Path file, Body body) throws IOException {
    Path target = file.toAbsolutePath();
    Path dir = Objects.requireNonNull(target.getParent(), () -> file + " is no file's name");
    Path temporary =
        target.resolveSibling("." + target.getFileName() + ".tmp" + ProcessHandle.current().pid());
    temporary.toFile().deleteOnExit(); // Ctrl-C
    try {
      Files.createDirectories(dir);
      removeLeftovers(dir, target.getFileName().toString()::equals);
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        body.write(channel);
        channel.force(true);
      }
      return new Staged(temporary, target);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw named(file, e);
    } catch (RuntimeException | Error e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
  }

  /// See [#stage].
  public static final class Staged implements AutoCloseable {
    private final Path temporary;
    private final Path target;

    private Staged(Path temporary, Path target) {
      this.temporary = temporary;
      this.target = target;
    }

    /// Puts the file in its place; an older one of that name is gone.
    public void commit() throws IOException {
      try {
        Files.move(
            temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceDirectory(Objects.requireNonNull(target.getParent()));
      } catch (IOException e) {
        throw named(target, e);
      }
    }

    /// Removes the file unless it was committed.
    @Override
    public void close() throws IOException {
      Files.deleteIfExists(temporary);
    }
  }

  /// Removes what killed processes left of files in `dir`: as large as a model, and nobody else
  /// removes it.
  ///
  /// @param target which files, by their final names
  static void removeLeftovers(Path dir, Predicate<String> target) throws IOException {
    List<Path> leftovers = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(dir, ".*.tmp*")) {
      for (Path file : files) {
        Matcher name = TEMPORARY.matcher(file.getFileName().toString());
        if (name.matches()
            && target.test(name.group(1))
            && ProcessHandle.of(Long.parseLong(name.group(2))).isEmpty()) {
          leftovers.add(file);
        }
      }
    }
    for (Path file : leftovers) {
      Files.deleteIfExists(file);
    }
  }

  /// A rename lasts once its directory is on disk.
  private static void forceDirectory(Path dir) throws IOException {
    if (!System.getProperty("os.name", "").startsWith("Windows")) {
      try (FileChannel channel = FileChannel.open(dir, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }

  private static IOException named(Path file, IOException e) {
    if (e instanceof FormatException || String.valueOf(e.getMessage()).contains("not written")) {
      return e;
    }
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new IOException(file + ": not written: " + reason, e);
  }
}
