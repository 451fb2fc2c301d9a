package dev.gavel.train;

/// A plain generator for tests (SplitMix64 of the three numbers).
public final class TestBits {
  private TestBits() {}

  public static long bits(long seed, long stream, long index) {
    return mix(mix(mix(seed) + stream) + index);
  }

  private static long mix(long z) {
    z += 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
