package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;

/// Floats off-heap for tests of kernels: they begin at an odd place, and what lies around them is
/// watched.
record Block(MemorySegment memory, long offset, int n) {
  private static final int GUARD = 17;
  private static final float WATCHED = 12345.678f;

  /// Lengths around vectors, rounds of sums, and blocks.
  static final int[] SIZES = {
    0, 1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 33, 48, 61, 127, 1000, 4096, 4099, 9001
  };

  static Block of(Arena arena, float... values) {
    Block b =
        new Block(arena.allocate(4L * (values.length + 2 * GUARD), 64), 4 * GUARD, values.length);
    for (int i = -GUARD; i < b.n + GUARD; i++) {
      b.set(i, i >= 0 && i < b.n ? values[i] : WATCHED);
    }
    return b;
  }

  static Block zeros(Arena arena, int n) {
    return of(arena, new float[n]);
  }

  /// Uniform in [low, high).
  static Block uniform(Arena arena, int n, double low, double high, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = (float) random.nextDouble(low, high);
    }
    return of(arena, values);
  }

  Block copy(Arena arena) {
    return of(arena, floats());
  }

  float get(int i) {
    return memory.get(Lanes.F32, offset + 4L * i);
  }

  void set(int i, float value) {
    memory.set(Lanes.F32, offset + 4L * i, value);
  }

  /// The values, after a look at the surroundings.
  float[] floats() {
    float[] values = new float[n];
    for (int i = -GUARD; i < n + GUARD; i++) {
      if (i >= 0 && i < n) {
        values[i] = get(i);
      } else {
        assertThat(get(i)).as("written outside, at %d of %d", i, n).isEqualTo(WATCHED);
      }
    }
    return values;
  }

  /// Equal bits; all NaN are one.
  static void assertSameBits(float[] actual, float[] expected, String what) {
    int at = Arrays.mismatch(actual, expected); // Float.compare: tells -0 from 0
    assertThat(at)
        .as(
            "%s: first difference at %d: %s, expected %s",
            what, at, at < 0 ? "" : actual[at], at < 0 ? "" : expected[at])
        .isNegative();
  }
}
