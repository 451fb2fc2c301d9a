package dev.gavel.cli;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/// One clear message for whatever a command could not cope with.
final class Failures {
  private Failures() {}

  /// Says what happened. A failure that our own code foresaw has a message for the user; of any
  /// other all causes are named, and `GAVEL_DEBUG=1` shows where it happened.
  static void report(PrintStream err, String command, Throwable failure, boolean debug) {
    err.println("gavel" + (command.isEmpty() ? "" : " " + command) + ": " + describe(failure));
    if (debug) {
      failure.printStackTrace(err);
    } else if (!foreseen(failure)) {
      causes(err, failure);
      err.println("  this is a bug in gavel; GAVEL_DEBUG=1 shows where it happened");
    }
  }

  private static boolean foreseen(Throwable failure) {
    return failure instanceof IOException
        || failure instanceof UncheckedIOException
        || failure instanceof IllegalArgumentException
        || failure instanceof IllegalStateException
        || failure instanceof OutOfMemoryError;
  }

  private static String describe(Throwable failure) {
    return switch (failure) {
      case FormatException e -> String.valueOf(e.getMessage());
      case UncheckedIOException e when e.getCause() != null -> describe(e.getCause());
      case NoSuchFileException e -> e.getFile() + ": no such file";
      case AccessDeniedException e -> e.getFile() + ": permission denied";
      case NotDirectoryException e -> e.getFile() + ": is not a folder";
      case FileAlreadyExistsException e -> e.getFile() + ": exists already, and is not a folder";
      case FileSystemException e -> e.getFile() + ": " + e.getReason();
      case OutOfMemoryError e ->
          "out of memory (" + e.getMessage() + "); GAVEL_JAVA_OPTS=-Xmx8g gives the heap 8 GB";
      default ->
          foreseen(failure) && failure.getMessage() != null
              ? failure.getMessage()
              : failure.toString();
    };
  }

  private static void causes(PrintStream err, Throwable failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      err.println("  caused by " + cause);
    }
  }
}
