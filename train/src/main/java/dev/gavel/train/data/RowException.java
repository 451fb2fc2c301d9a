package dev.gavel.train.data;

/// A row that cannot be used. The message says why and leaves the place to whoever reports it.
public final class RowException extends Exception {
  private static final long serialVersionUID = 1;

  public RowException(String message) {
    super(message);
  }

  public RowException(String message, Throwable cause) {
    super(message, cause);
  }
}
