package dev.gavel.train.run;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// The output folder of a training, held by one process at a time.
public final class RunFolder implements AutoCloseable {
  /// The options of the run; `--config` reads it back.
  public static final String CONFIG = "train_config.json";

  /// Versions and fingerprints of what the run was made of.
  public static final String INFO = "run.json";

  private static final Pattern CHECKPOINT = Pattern.compile("checkpoint-(\\d{1,9})");
  private static final String UNFINISHED = ".checkpoint-";

  private final Path path;
  private final FolderLock lock;
  private final Optional<Path> checkpoint;

  private RunFolder(Path path, FolderLock lock, Optional<Path> checkpoint) {
    this.path = path;
    this.lock = lock;
    this.checkpoint = checkpoint;
  }

  /// Takes hold of a folder.
  ///
  /// @param resume empty or `false`: the folder must be empty; `true`: its newest checkpoint, if it
  ///   has one; else a checkpoint's folder
  /// @throws IOException when another process has it, it is not empty, or there is no such
  ///   checkpoint; nothing is changed then
  public static RunFolder open(Path dir, Optional<String> resume) throws IOException {
    FolderLock lock = FolderLock.take(dir);
    try {
      String from = resume.orElse("false");
      if (from.equals("false")) {
        requireEmpty(dir);
        return new RunFolder(dir, lock, Optional.empty());
      }
      removeUnfinished(dir);
      Optional<Path> checkpoint =
          from.equals("true") ? newest(dir) : Optional.of(existing(Path.of(from)));
      return new RunFolder(dir, lock, checkpoint);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void requireEmpty(Path dir) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().equals(FolderLock.FILE)) {
          throw new IOException(
              "%s: is not empty (it has %s); choose another --output_dir, or go on with --resume_from_checkpoint true"
                  .formatted(dir, entry.getFileName()));
        }
      }
    }
  }

  private static Path existing(Path checkpoint) throws FormatException {
    if (!Files.exists(checkpoint.resolve(TrainerState.FILE))) {
      throw new FormatException(
          "--resume_from_checkpoint %s: no checkpoint (it has no %s)"
              .formatted(checkpoint, TrainerState.FILE));
    }
    return checkpoint;
  }

  private static Optional<Path> newest(Path dir) throws IOException {
    List<Path> all = checkpoints(dir);
    return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
  }

  private static OptionalInt stepOf(Path checkpoint) {
    Matcher m = CHECKPOINT.matcher(checkpoint.getFileName().toString());
    return m.matches() ? OptionalInt.of(Integer.parseInt(m.group(1))) : OptionalInt.empty();
  }

  /// The checkpoints of a folder, oldest first.
  public static List<Path> checkpoints(Path dir) throws IOException {
    List<Path> all = new ArrayList<>();
    try (DirectoryStream<Path> entries =
        Files.newDirectoryStream(
            dir, e -> stepOf(e).isPresent() && Files.exists(e.resolve(TrainerState.FILE)))) {
      entries.forEach(all::add);
    }
    all.sort(Comparator.comparingInt(c -> stepOf(c).getAsInt()));
    return all;
  }

  public Path path() {
    return path;
  }

  /// The checkpoint to go on from.
  public Optional<Path> checkpoint() {
    return checkpoint;
  }

  /// Where the run stands.
  public TrainerState state() throws IOException {
    return checkpoint.isPresent() ? TrainerState.read(checkpoint.get()) : TrainerState.start();
  }

  public void writeConfig(ObjectNode config) throws IOException {
    AtomicFiles.writeString(path.resolve(CONFIG), Json.writePretty(config));
  }

  public void writeInfo(ObjectNode info) throws IOException {
    AtomicFiles.writeString(path.resolve(INFO), Json.writePretty(info));
  }

  /// What fills a checkpoint.
  public interface Body {
    void write(Path dir) throws IOException;
  }

  /// Writes `checkpoint-N`, which appears whole, and then removes the oldest ones.
  ///
  /// @param rng the state of random numbers: they are functions of a seed and a count
  /// @param body writes weights and optimizer
  /// @param limit how many checkpoints stay
  public Path save(TrainerState state, ObjectNode rng, Body body, Optional<Integer> limit)
      throws IOException {
    Path target = path.resolve("checkpoint-" + state.step());
    Path unfinished = path.resolve(UNFINISHED + state.step());
    delete(unfinished);
    Files.createDirectories(unfinished);
    try {
      body.write(unfinished);
      AtomicFiles.writeString(unfinished.resolve("rng_state.json"), Json.writePretty(rng));
      state.write(unfinished);
    } catch (IOException | RuntimeException e) {
      delete(unfinished); // a full disk gets its room back
      throw e;
    }
    remove(target);
    Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    List<Path> all = checkpoints(path);
    for (Path old : all.subList(0, Math.max(0, all.size() - limit.orElse(all.size())))) {
      remove(old);
    }
    return target;
  }

  /// Renames first, so that a half-deleted checkpoint is none.
  private void remove(Path old) throws IOException {
    if (Files.exists(old)) {
      Path hidden = path.resolve(UNFINISHED + "old-" + old.getFileName());
      delete(hidden);
      Files.move(old, hidden, StandardCopyOption.ATOMIC_MOVE);
      delete(hidden);
    }
  }

  private static void removeUnfinished(Path dir) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(dir, UNFINISHED + "*")) {
      for (Path entry : entries) {
        delete(entry);
      }
    }
  }

  private static void delete(Path dir) throws IOException {
    if (!Files.exists(dir)) {
      return;
    }
    Files.walkFileTree(
        dir,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
