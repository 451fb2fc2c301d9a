package dev.gavel.train.demo;

import dev.gavel.tensor.Rng;
import java.util.List;

/// Where the world's chances come from.
interface Dice {
  /// For what leaves nothing to chance: every probability is 0 or 1.
  Dice NONE =
      () -> {
        throw new IllegalStateException("something was left to chance where nothing should be");
      };

  /// The next 64 random bits.
  long bits();

  /// The dice of one document or pair. Rows do not share a stream, so row i is the same row
  /// whatever stands before it and however many follow.
  static Dice of(long seed, long stream) {
    return new Dice() {
      private long index;

      @Override
      public long bits() {
        return Rng.bits(seed, stream, index++);
      }
    };
  }

  /// Uniform in [0, 1).
  default double uniform() {
    return (bits() >>> 11) * 0x1p-53;
  }

  /// Uniform in 0 .. bound - 1, bound small.
  default int below(int bound) {
    return (int) ((bits() >>> 32) * bound >>> 32);
  }

  default boolean chance(double p) {
    return p > 0 && (p >= 1 || uniform() < p);
  }

  default <T> T pick(List<T> list) {
    return list.get(below(list.size()));
  }
}
