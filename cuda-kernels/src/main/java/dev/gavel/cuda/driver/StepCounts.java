package dev.gavel.cuda.driver;

/// How stretches of steps went to the device so far.
///
/// @param singly command by command
/// @param captured made into graphs
/// @param launched as graphs
public record StepCounts(long singly, long captured, long launched) {}
