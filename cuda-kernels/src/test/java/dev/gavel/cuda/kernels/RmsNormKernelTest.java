package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;

/// [RmsNormKernel] against sums in double.
class RmsNormKernelTest extends StreamingTest {
  private static final double EPS = 1e-5;

  /// Rows and columns: rows held in registers, odd lengths, rows too long for them.
  private static final int[][] SHAPES = {{4, 256}, {7, 37}, {1, 1}, {5, 2504}, {2, 8300}, {70, 8}};

  private final RmsNormKernel kernel = new RmsNormKernel(context);

  @Test
  void forward() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          forward(type, shift, s[0], s[1]);
        }
      }
    }
  }

  private void forward(DType type, int shift, int rows, int dim) {
    Values x = normal(type, shift, rows * dim, 2);
    Values w = normal(type, shift, dim, 1);
    Values y = room(type, shift, rows * dim);
    Values rstd = room(DType.F32, 0, rows);
    kernel.forward(type, y.address, rstd.address, x.address, w.address, rows, dim, EPS);
    Near near = new Near("rmsnorm", type, shift, rows, dim);
    float[] got = y.now();
    float[] inverse = rstd.now();
    for (int r = 0; r < rows; r++) {
      double s = 1 / Math.sqrt(squares(x.before, r, dim) / dim + EPS);
      near.at(r, inverse[r], s, 4e-7 * s);
      for (int j = 0; j < dim; j++) {
        int i = r * dim + j;
        double want = x.before[i] * s * w.before[j];
        near.at(i, got[i], want, 6e-7 * Math.abs(want));
      }
    }
  }

  private static double squares(float[] x, int row, int dim) {
    double sum = 0;
    for (int j = 0; j < dim; j++) {
      sum += (double) x[row * dim + j] * x[row * dim + j];
    }
    return sum;
  }

  @Test
  void backward() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          backward(type, shift, s[0], s[1], false);
          backward(type, shift, s[0], s[1], true);
        }
      }
    }
  }

  private void backward(DType type, int shift, int rows, int dim, boolean add) {
    Values x = normal(type, shift, rows * dim, 2);
    Values gy = normal(type, shift, rows * dim, 1);
    Values w = normal(type, shift, dim, 1);
    Values gx = add ? normal(type, shift, rows * dim, 1) : room(type, shift, rows * dim);
    Values gw = add ? normal(type, shift, dim, 1) : room(type, shift, dim);
    float[] rstd = new float[rows];
    for (int r = 0; r < rows; r++) {
      rstd[r] = (float) (1 / Math.sqrt(squares(x.before, r, dim) / dim + EPS));
    }
    kernel.backward(
        type,
        gx.address,
        add,
        gw.address,
        add,
        x.address,
        w.address,
        uploadFloats(rstd),
        gy.address,
        rows,
        dim,
        allocate(RmsNormKernel.scratchBytes(type, rows, dim)));
    Near near = new Near("rmsnorm backward", type, shift, rows, dim, add);
    double[] weight = new double[dim];
    float[] got = gx.now();
    for (int r = 0; r < rows; r++) {
      double s = rstd[r];
      double dot = 0;
      for (int j = 0; j < dim; j++) {
        int i = r * dim + j;
        dot += (double) gy.before[i] * w.before[j] * x.before[i];
        weight[j] += gy.before[i] * x.before[i] * s;
      }
      for (int j = 0; j < dim; j++) {
        int i = r * dim + j;
        double own = s * (w.before[j] * gy.before[i] - x.before[i] * s * s * dot / dim);
        near.at(i, got[i], add ? gx.before[i] + own : own, 4e-6);
      }
    }
    float[] gotW = gw.now();
    for (int j = 0; j < dim; j++) {
      near.at(j, gotW[j], add ? gw.before[j] + weight[j] : weight[j], 4e-6 * Math.sqrt(rows + 1));
    }
  }

  @Test
  void repeats() {
    Values x = normal(DType.BF16, 0, 300 * 64, 1);
    Values w = normal(DType.BF16, 0, 64, 1);
    Values rstd = normal(DType.F32, 0, 300, 1);
    byte[][] bits = new byte[2][];
    for (int i = 0; i < 2; i++) {
      Values gx = room(DType.BF16, 0, 300 * 64);
      Values gw = room(DType.BF16, 0, 64);
      kernel.backward(
          DType.BF16,
          gx.address,
          false,
          gw.address,
          false,
          x.address,
          w.address,
          rstd.address,
          x.address,
          300,
          64,
          allocate(RmsNormKernel.scratchBytes(DType.BF16, 300, 64)));
      bits[i] = gw.bits();
    }
    assertThat(bits[0]).isEqualTo(bits[1]);
  }
}
