package dev.gavel.train.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// Keeps a second process out of an output folder. The lock goes with the process, however it ends.
///
/// Nothing in this process may open and close the locked file a second time: with POSIX locks that
/// lets go of it.
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
        if (Files.exists(file)) {
          return new FolderLock(dir, channel, made);
        }
        channel.close(); // its former holder has just removed it: what we lock, others do not see
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
