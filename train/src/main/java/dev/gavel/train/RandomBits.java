package dev.gavel.train;

/// Counter-based random bits: the same three numbers give the same 64 bits, always and everywhere,
/// in whatever order they are asked for.
@FunctionalInterface
public interface RandomBits {
  /// @param stream what is drawn for (an item, a resample): streams are independent
  /// @param index the number of the draw within the stream, from 0
  long bits(long seed, long stream, long index);
}
