package dev.gavel.cli;

import java.io.IOException;

/// Whoever read our standard output has gone (`gavel … | head`).
final class ClosedPipeException extends IOException {
  private static final long serialVersionUID = 1;

  ClosedPipeException(IOException cause) {
    super("standard output was closed", cause);
  }
}
