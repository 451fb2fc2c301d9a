package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.tensor.DType;
import java.util.List;
import java.util.SplittableRandom;

/// What tests of kernels that stream through memory share: arrays of either type that may start at
/// an address that is a multiple of an element only, and a comparison in units of rounding.
abstract class StreamingTest extends EmulatorTest {
  static final List<DType> TYPES = List.of(DType.F32, DType.BF16);

  /// Elements by which arrays are shifted: aligned to 16 bytes, and not.
  static final int[] SHIFTS = {0, 1};

  final SplittableRandom random = new SplittableRandom(7);

  /// An array on the device; values as its type holds them.
  final class Values {
    final DType type;
    final int count;
    final long address;
    final float[] before;
    private final long memory;
    private final int shift;

    Values(DType type, int shift, float... values) {
      this.type = type;
      this.shift = shift;
      count = values.length;
      before = values.clone();
      float[] shifted = new float[count + shift];
      for (int i = 0; i < count; i++) {
        before[i] = type == DType.BF16 ? roundBf16(values[i]) : values[i];
        shifted[i + shift] = values[i];
      }
      memory = type == DType.BF16 ? uploadBf16(shifted) : uploadFloats(shifted);
      address = memory + (long) shift * type.bytes();
    }

    /// What stands there now.
    float[] now() {
      float[] all =
          type == DType.BF16 ? floatsOfBf16(memory, count + shift) : floats(memory, count + shift);
      float[] own = new float[count];
      System.arraycopy(all, shift, own, 0, count);
      return own;
    }

    byte[] bits() {
      return bytes(memory, (count + shift) * type.bytes());
    }
  }

  Values normal(DType type, int shift, int count, double scale) {
    float[] v = new float[count];
    for (int i = 0; i < count; i++) {
      v[i] = (float) (scale * random.nextGaussian());
    }
    return new Values(type, shift, v);
  }

  /// Room for results, filled with NaN so that nothing passes unwritten.
  Values room(DType type, int shift, int count) {
    float[] v = new float[count];
    java.util.Arrays.fill(v, Float.NaN);
    return new Values(type, shift, v);
  }

  int[] ids(int count, int bound) {
    return random.ints(count, 0, Math.max(1, bound)).toArray();
  }

  /// Compares with exact results: the error is at most twice that of rounding the exact result to
  /// the type, plus what arithmetic in f32 may add.
  static final class Near {
    private final DType type;
    private final String what;

    Near(String what, DType type, Object... where) {
      this.what = what + " " + type + " " + List.of(where);
      this.type = type;
    }

    void at(long i, double got, double want, double noise) {
      if (Double.isNaN(want) ? Double.isNaN(got) : got == want) {
        return;
      }
      double unit = type == DType.BF16 ? 1.0 / 256 : 1.0 / (1 << 24);
      double error = Math.abs(got - want);
      assertThat(error <= 2 * Math.abs(want) * unit + noise)
          .as("%s: element %d is %s, expected %s", what, i, got, want)
          .isTrue();
    }
  }
}
