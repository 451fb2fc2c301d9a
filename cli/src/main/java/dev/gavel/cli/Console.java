package dev.gavel.cli;

import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/// What a command may talk to.
///
/// @param in standard input
/// @param out standard output: results only, as UTF-8; buffered
/// @param err everything else
/// @param interrupt whether someone wants the command to stop
record Console(InputStream in, OutputStream out, PrintStream err, Interrupt interrupt) {}
