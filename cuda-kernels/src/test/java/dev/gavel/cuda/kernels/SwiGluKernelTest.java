package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;

/// [SwiGluKernel] against its formulas.
class SwiGluKernelTest extends StreamingTest {
  private static final int[] SIZES = {0, 1, 7, 64, 1031, 5000};

  private final SwiGluKernel kernel = new SwiGluKernel(context);

  private Values gates(DType type, int shift, int n) {
    Values gate = normal(type, shift, n, 4);
    float[] v = gate.before;
    float[] extremes = {-200, 200, -88, 0};
    System.arraycopy(extremes, 0, v, 0, Math.min(n, extremes.length));
    return new Values(type, shift, v);
  }

  @Test
  void forward() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int n : SIZES) {
          Values gate = gates(type, shift, n);
          Values up = normal(type, shift, n, 1);
          Values y = room(type, shift, n);
          kernel.forward(type, y.address, gate.address, up.address, n);
          Near near = new Near("swiglu", type, shift, n);
          float[] got = y.now();
          for (int i = 0; i < n; i++) {
            double want = gate.before[i] * logistic(gate.before[i]) * up.before[i];
            near.at(i, got[i], want, 2e-6 * Math.abs(want) + 1e-30);
          }
        }
      }
    }
  }

  @Test
  void backward() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int n : SIZES) {
          backward(type, shift, n);
        }
      }
    }
  }

  private void backward(DType type, int shift, int n) {
    Values gate = gates(type, shift, n);
    Values up = normal(type, shift, n, 1);
    Values gy = normal(type, shift, n, 1);
    Values ggate = room(type, shift, n);
    Values gup = room(type, shift, n);
    kernel.backward(type, ggate.address, gup.address, gate.address, up.address, gy.address, n);
    Near near = new Near("swiglu backward", type, shift, n);
    float[] gotGate = ggate.now();
    float[] gotUp = gup.now();
    for (int i = 0; i < n; i++) {
      double x = gate.before[i];
      double s = logistic(x);
      double g = gy.before[i];
      near.at(i, gotGate[i], g * up.before[i] * (s + x * s * (1 - s)), 3e-6);
      near.at(i, gotUp[i], g * x * s, 3e-6);
    }
  }

  private static double logistic(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
