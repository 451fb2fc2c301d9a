package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;

/// [RopeKernel] against its formula.
class RopeKernelTest extends StreamingTest {
  private static final int POSITIONS = 7;

  /// Tokens, heads, half of a head.
  private static final int[][] SHAPES = {{5, 2, 8}, {3, 3, 12}, {9, 4, 64}, {1, 1, 1}};

  private final RopeKernel kernel = new RopeKernel(context);

  @Test
  void turns() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          turns(type, shift, s[0], s[1], s[2], false);
          turns(type, shift, s[0], s[1], s[2], true);
        }
      }
    }
  }

  private void turns(DType type, int shift, int tokens, int heads, int half, boolean inverse) {
    Values x = normal(type, shift, tokens * heads * half * 2, 1);
    Values y = room(type, shift, x.count);
    Values cos = normal(DType.F32, 0, POSITIONS * half, 0.7);
    Values sin = normal(DType.F32, 0, POSITIONS * half, 0.7);
    int[] positions = ids(tokens, POSITIONS);
    kernel.run(
        type,
        y.address,
        x.address,
        cos.address,
        sin.address,
        uploadInts(positions),
        tokens,
        heads,
        2 * half,
        inverse);
    Near near = new Near("rope", type, shift, tokens, heads, half, inverse);
    float[] got = y.now();
    for (int row = 0; row < tokens * heads; row++) {
      for (int j = 0; j < half; j++) {
        int a = row * half * 2 + j;
        int angle = positions[row / heads] * half + j;
        double c = cos.before[angle];
        double s = inverse ? -sin.before[angle] : sin.before[angle];
        double u = x.before[a];
        double v = x.before[a + half];
        near.at(a, got[a], u * c - v * s, 1e-6);
        near.at(a + half, got[a + half], v * c + u * s, 1e-6);
      }
    }
  }
}
