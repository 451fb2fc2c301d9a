package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;

/// [SoftmaxKernel] against sums in double.
class SoftmaxKernelTest extends StreamingTest {
  private static final int[][] SHAPES = {
    {3, 2504}, {5, 37}, {1, 1}, {2, 17_000}, {1, 60_000}, {0, 5}
  };

  private final SoftmaxKernel kernel = new SoftmaxKernel(context);

  @Test
  void isAPartOfTheSum() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          for (double temperature : new double[] {1, 0.6, 3}) {
            compare(type, shift, s[0], s[1], temperature);
          }
        }
      }
    }
  }

  private void compare(DType type, int shift, int rows, int columns, double temperature) {
    Values x = normal(type, shift, rows * columns, 3);
    Values y = room(type, shift, rows * columns);
    kernel.run(type, y.address, x.address, rows, columns, temperature);
    float[] got = y.now();
    Near near = new Near("softmax", type, shift, rows, columns, temperature);
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int j = 0; j < columns; j++) {
        sum += Math.exp(x.before[r * columns + j] / temperature);
      }
      for (int i = r * columns; i < (r + 1) * columns; i++) {
        double want = Math.exp(x.before[i] / temperature) / sum;
        near.at(i, got[i], want, 6e-6 * want);
      }
    }
  }
}
