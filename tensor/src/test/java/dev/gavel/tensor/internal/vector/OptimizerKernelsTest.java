package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.tensor.spi.Backend.AdamWStep;
import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class OptimizerKernelsTest {
  private static final double BETA1 = 0.9;
  private static final double BETA2 = 0.95;

  private static AdamWStep step(int t) {
    return new AdamWStep(
        1e-2, BETA1, BETA2, 1e-8, 0.1, 0.7, 1 - Math.pow(BETA1, t), 1 - Math.pow(BETA2, t));
  }

  private static void run(AdamWStep s, Block p, Block g, Block m, Block v, long from, long to) {
    OptimizerKernels.adamW(
        s,
        p.memory(),
        p.offset(),
        g.memory(),
        g.offset(),
        m.memory(),
        m.offset(),
        v.memory(),
        v.offset(),
        from,
        to);
  }

  @Test
  void followsTheFormulaInDouble() {
    int n = 37;
    try (Arena arena = Arena.ofConfined()) {
      Block p = Block.uniform(arena, n, -1, 1, 1);
      Block m = Block.zeros(arena, n);
      Block v = Block.zeros(arena, n);
      double[] pd = new double[n];
      double[] md = new double[n];
      double[] vd = new double[n];
      for (int i = 0; i < n; i++) {
        pd[i] = p.get(i);
      }
      for (int t = 1; t <= 12; t++) {
        Block g = Block.uniform(arena, n, -1e-2, 1e-2, 10 + t);
        AdamWStep s = step(t);
        run(s, p, g, m, v, 0, n);
        for (int i = 0; i < n; i++) {
          double grad = 0.7 * g.get(i);
          pd[i] -= 1e-2 * 0.1 * pd[i];
          md[i] = BETA1 * md[i] + (1 - BETA1) * grad;
          vd[i] = BETA2 * vd[i] + (1 - BETA2) * grad * grad;
          double root = Math.sqrt(vd[i]) / Math.sqrt(s.correction2()) + 1e-8;
          pd[i] -= 1e-2 / s.correction1() * md[i] / root;
          assertThat((double) p.get(i)).isCloseTo(pd[i], within(2e-6));
        }
      }
      p.floats();
    }
  }

  @Test
  void bitsDoNotDependOnRanges() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block p = Block.uniform(arena, n, -1, 1, 1);
        Block g = Block.uniform(arena, n, -1, 1, 2);
        Block m = Block.uniform(arena, n, -1, 1, 3);
        Block v = Block.uniform(arena, n, 0, 1, 4);
        Block p2 = p.copy(arena);
        Block m2 = m.copy(arena);
        Block v2 = v.copy(arena);
        run(step(3), p, g, m, v, 0, n);
        for (int i = n - 1; i >= 0; i--) {
          run(step(3), p2, g, m2, v2, i, i + 1);
        }
        Block.assertSameBits(p.floats(), p2.floats(), "parameter");
        Block.assertSameBits(m.floats(), m2.floats(), "first moment");
        Block.assertSameBits(v.floats(), v2.floats(), "second moment");
      }
    }
  }
}
