package dev.gavel.train.recipe;

import java.io.PrintStream;
import java.util.function.BooleanSupplier;

/// What a recipe may talk to.
///
/// @param err where it says how far it is
/// @param stop whether someone wants it to save a checkpoint and end
public record RunContext(PrintStream err, BooleanSupplier stop) {}
