package dev.gavel.tensor.spi;

/// Which elements a dropout leaves out: element i where word `i % 4` of Philox block `i / 4` of
/// (seed, stream) is below p 2^32 ([dev.gavel.tensor.Rng#mask]).
///
/// @param p probability that an element is left out, in [0, 1)
/// @param stream one for each use: weight, step and micro-batch
public record DropoutMask(double p, long seed, long stream) {
  public DropoutMask {
    if (!(p >= 0 && p < 1)) {
      throw new IllegalArgumentException("dropout is " + p + ", expected 0 or more, and below 1");
    }
  }

  /// 1 / (1 - p), by which what stays is multiplied.
  public double scale() {
    return 1 / (1 - p);
  }
}
