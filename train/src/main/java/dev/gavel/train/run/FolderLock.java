package dev.gavel.train.run;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// Keeps a second process out of an output folder. The lock goes with the process, however it ends.
public final class FolderLock implements AutoCloseable {
  /// The file that is locked; it stays behind, empty.
  public static final String FILE = ".lock";

  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /// Takes the lock, making the folder where there is none.
  ///
  /// @throws IllegalStateException if another process holds it
  public static FolderLock take(Path folder) throws IOException {
    Files.createDirectories(folder);
    FileChannel channel =
        FileChannel.open(folder.resolve(FILE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new FolderLock(channel);
      }
    } catch (OverlappingFileLockException e) {
      // held by this very process: the same answer
    }
    channel.close();
    throw new IllegalStateException(
        folder
            + ": another process writes to this folder; wait for it, or choose another --output_dir");
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
