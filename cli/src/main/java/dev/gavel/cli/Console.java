package dev.gavel.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/// What a command may talk to.
///
/// @param in standard input
/// @param out standard output: results only, as UTF-8; buffered
/// @param err everything else
/// @param interrupt whether someone wants the command to stop
record Console(InputStream in, OutputStream out, PrintStream err, Interrupt interrupt) {
  /// Writes to standard output. (A PrintStream around it would keep a full disk to itself.)
  void print(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }
}
