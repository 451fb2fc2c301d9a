package dev.gavel.train.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Keeps a second process out of an output folder. The lock goes with the process, however it ends.
public final class FolderLock implements AutoCloseable {
  /// The file that is locked.
  public static final String FILE = ".lock";

  private final Path dir;
  private final Path file;
  private final FileChannel channel;
  private final boolean made;

  private FolderLock(Path dir, FileChannel channel, boolean made) {
    this.dir = dir;
    this.file = dir.resolve(FILE);
    this.channel = channel;
    this.made = made;
  }

  /// Takes the lock, making the folder where there is none.
  ///
  /// @throws IOException if another process holds it
  public static FolderLock take(Path dir) throws IOException {
    if (Files.exists(dir) && !Files.isDirectory(dir)) {
      throw new IOException(dir + ": is a file; expected a folder for the output");
    }
    boolean made = !Files.exists(dir);
    Files.createDirectories(dir);
    Path file = dir.resolve(FILE);
    while (true) {
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        if (lock(channel) == null) {
          throw new IOException(
              dir
                  + ": another process writes to this folder; wait for it, or choose another --output_dir");
        }
        if (stillThere(file, channel)) {
          return new FolderLock(dir, channel, made);
        }
        channel.close();
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    }
  }

  private static @Nullable FileLock lock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null; // another thread of this process
    }
  }

  /// Between our opening the file and our locking it, its former holder may have removed it: then
  /// what is locked is no file that others see.
  private static boolean stillThere(Path file, FileChannel channel) throws IOException {
    String token = UUID.randomUUID().toString();
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(token.getBytes(StandardCharsets.UTF_8)), 0);
    try {
      return Files.readString(file).equals(token);
    } catch (NoSuchFileException _) {
      return false;
    }
  }

  /// Removes the file and lets go; a folder that was made for nothing goes too.
  @Override
  public void close() throws IOException {
    Files.deleteIfExists(file);
    channel.close();
    if (made) {
      try {
        Files.deleteIfExists(dir);
      } catch (DirectoryNotEmptyException _) {
        return; // the usual case
      }
    }
  }
}
