package dev.gavel.cuda.kernels;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import org.junit.jupiter.api.Test;

/// [AdamWKernel] against the step in double.
class AdamWKernelTest extends StreamingTest {
  private static final int[] SIZES = {0, 1, 2, 7, 1031, 4100};
  private static final AdamWStep STEP =
      new AdamWStep(0.01, 0.9, 0.95, 1e-8, 0.1, 0.7, 1 - 0.81, 1 - 0.9025);
  private static final float FACTOR = 0.5f;

  private final AdamWKernel kernel = new AdamWKernel(context);

  private enum Form {
    F32,
    MASTER,
    BF16
  }

  @Test
  void steps() {
    for (Form form : Form.values()) {
      for (DType gradient : TYPES) {
        for (int shift : SHIFTS) {
          for (int n : SIZES) {
            step(form, gradient, shift, n, shift == 0);
          }
        }
      }
    }
  }

  private void step(Form form, DType gradient, int shift, int n, boolean clipped) {
    DType type = form == Form.BF16 ? DType.BF16 : DType.F32;
    Values p = normal(type, shift, n, 1);
    Values m = normal(DType.F32, shift, n, 0.1);
    float[] squares = normal(DType.F32, 0, n, 0.1).before;
    for (int i = 0; i < n; i++) {
      squares[i] *= squares[i];
    }
    Values v = new Values(DType.F32, shift, squares);
    Values g = normal(gradient, shift, n, 0.1);
    Values copy = room(DType.BF16, shift, n);
    long factor = clipped ? uploadFloats(FACTOR) : 0;
    switch (form) {
      case F32 -> kernel.f32(gradient, p.address, m.address, v.address, g.address, STEP, factor, n);
      case MASTER ->
          kernel.master(
              gradient, copy.address, p.address, m.address, v.address, g.address, STEP, factor, n);
      case BF16 ->
          kernel.bf16(gradient, p.address, m.address, v.address, g.address, STEP, factor, n);
    }
    compare(form, p, m, v, g, copy, clipped ? FACTOR : 1);
  }

  private static void compare(
      Form form, Values p, Values m, Values v, Values g, Values copy, double factor) {
    float[] gotP = p.now();
    float[] gotM = m.now();
    float[] gotV = v.now();
    float[] gotCopy = copy.now();
    Near near = new Near("adamw", DType.F32, form, p.count);
    Near weights = new Near("adamw's weights", p.type, form, p.count);
    Near copies = new Near("adamw's copy", DType.BF16, form, p.count);
    for (int i = 0; i < p.count; i++) {
      double gi = g.before[i] * STEP.gradScale() * factor;
      double mi = STEP.beta1() * m.before[i] + (1 - STEP.beta1()) * gi;
      double vi = STEP.beta2() * v.before[i] + (1 - STEP.beta2()) * gi * gi;
      double want =
          p.before[i] * (1 - STEP.learningRate() * STEP.weightDecay())
              - STEP.learningRate()
                  / STEP.correction1()
                  * mi
                  / (Math.sqrt(vi) / Math.sqrt(STEP.correction2()) + STEP.eps());
      near.at(i, gotM[i], mi, 1e-7);
      near.at(i, gotV[i], vi, 1e-8);
      weights.at(i, gotP[i], want, 5e-7);
      if (form == Form.MASTER) {
        copies.at(i, gotCopy[i], want, 5e-7);
      }
    }
  }
}
