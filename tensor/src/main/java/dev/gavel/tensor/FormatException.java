package dev.gavel.tensor;

import java.io.IOException;

/// A file, a row or a key that is not what its format says. The message names the place, what was
/// found, what was expected and, where one is known, the remedy.
public final class FormatException extends IOException {
  private static final long serialVersionUID = 1;

  public FormatException(String message) {
    super(message);
  }

  public FormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
