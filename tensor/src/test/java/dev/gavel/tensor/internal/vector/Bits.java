package dev.gavel.tensor.internal.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.function.Supplier;

/// f32 values off-heap, compared by their bits.
final class Bits {
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Bits() {}

  /// Values between -1 and 1 with all 24 bits in use.
  static MemorySegment random(Random random, long count) {
    MemorySegment s = NativeMemory.allocate(Arena.ofAuto(), 4 * count);
    for (long i = 0; i < count; i++) {
      s.set(F32, 4 * i, random.nextFloat(-1, 1));
    }
    return s;
  }

  static float get(MemorySegment s, long i) {
    return s.get(F32, 4 * i);
  }

  static void set(MemorySegment s, long i, float value) {
    s.set(F32, 4 * i, value);
  }

  static void fill(MemorySegment s, float value) {
    for (long i = 0; i < s.byteSize() / 4; i++) {
      set(s, i, value);
    }
  }

  static float[] array(MemorySegment s) {
    return s.toArray(F32);
  }

  /// Every element the same bits; all NaN count as the same.
  static void assertEqual(Supplier<String> what, MemorySegment found, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (Float.floatToIntBits(get(found, i)) != Float.floatToIntBits(expected[i])) {
        throw new AssertionError(
            "%s: element %d is %s (%08x), expected %s (%08x)"
                .formatted(
                    what.get(),
                    i,
                    get(found, i),
                    Float.floatToRawIntBits(get(found, i)),
                    expected[i],
                    Float.floatToRawIntBits(expected[i])));
      }
    }
  }
}
