package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Gradients for one key/value head against the formulas in double, and bit by bit against plain
/// loops of fma.
final class AttentionBackwardTest {
  private static final int KV_HEADS = 2;
  private static final int KV = 1;

  /// A batch whose second sequence is looked at.
  private static final class Case {
    final int group;
    final int d;
    final int begin = 3;
    final int tokens;
    final int heads;
    final Block q;
    final Block k;
    final Block v;
    final Block gy;
    final Block y;
    final Block lse;
    final Block gq;
    final Block gk;
    final Block gv;

    Case(Arena arena, int tokens, int group, int d) {
      this.tokens = tokens;
      this.group = group;
      this.d = d;
      heads = group * KV_HEADS;
      int all = begin + tokens;
      q = Block.uniform(arena, all * heads * d, -2, 2, 1);
      k = Block.uniform(arena, all * KV_HEADS * d, -1, 1, 2);
      v = Block.uniform(arena, all * KV_HEADS * d, -1, 1, 3);
      gy = Block.uniform(arena, all * heads * d, -1, 1, 4);
      y = Block.zeros(arena, all * heads * d);
      lse = Block.zeros(arena, all * heads);
      gq = Block.zeros(arena, all * heads * d);
      gk = Block.zeros(arena, all * KV_HEADS * d);
      gv = Block.zeros(arena, all * KV_HEADS * d);
    }

    /// Row `r` = token * group + head of the group: its head among all.
    int head(int r) {
      return (begin + r / group) * heads + KV * group + r % group;
    }

    int query(int r) {
      return head(r) * d;
    }

    int key(int j) {
      return ((begin + j) * KV_HEADS + KV) * d;
    }

    int rows() {
      return tokens * group;
    }

    double probability(int r, int j, double norm) {
      double s = 0;
      for (int i = 0; i < d; i++) {
        s += (double) q.get(query(r) + i) * k.get(key(j) + i);
      }
      return Math.exp(s / Math.sqrt(d) - norm);
    }

    /// The forward pass in double.
    void forward() {
      for (int r = 0; r < rows(); r++) {
        double sum = 0;
        double[] out = new double[d];
        for (int j = 0; j <= r / group; j++) {
          double p = probability(r, j, 0);
          sum += p;
          for (int i = 0; i < d; i++) {
            out[i] += p * v.get(key(j) + i);
          }
        }
        lse.set(head(r), (float) Math.log(sum));
        for (int i = 0; i < d; i++) {
          y.set(query(r) + i, (float) (out[i] / sum));
        }
      }
    }

    void run(AttentionBackward kernel) {
      // all tensors begin at the same byte in a test's block: hand over slices
      kernel.run(
          new AttentionTensors(
              slice(q), slice(k), slice(v), slice(y), slice(lse), heads, KV_HEADS, d),
          new AttentionTensors.Gradients(slice(gy), slice(gq), slice(gk), slice(gv)),
          begin,
          begin + tokens,
          KV);
    }

    private static MemorySegment slice(Block b) {
      return b.memory().asSlice(b.offset(), 4L * b.n());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 12",
    "2, 3, 24",
    "17, 1, 48",
    "64, 2, 16",
    "65, 3, 64",
    "130, 1, 48",
    "150, 4, 20",
    "49, 7, 6",
    "100, 5, 128",
    "5, 60, 8"
  })
  void gradientsAreThoseOfTheFormulas(int tokens, int group, int d) {
    try (Arena arena = Arena.ofConfined()) {
      Case c = new Case(arena, tokens, group, d);
      c.forward();
      AttentionBackward kernel = new AttentionBackward(group, d);
      c.run(kernel);
      assertNearExact(c);
      float[] gq = c.gq.floats();
      float[] gk = c.gk.floats();
      float[] gv = c.gv.floats();
      assertSameAsTwin(c, gq, gk, gv);
      c.run(kernel); // used memory
      Block.assertSameBits(c.gk.floats(), gk, "gk again");
      Block.assertSameBits(c.gq.floats(), gq, "gq again");
    }
  }

  private static void assertNearExact(Case c) {
    double[] gq = new double[c.gq.n()];
    double[] gk = new double[c.gk.n()];
    double[] gv = new double[c.gv.n()];
    for (int r = 0; r < c.rows(); r++) {
      int q = c.query(r);
      double delta = 0;
      for (int i = 0; i < c.d; i++) {
        delta += (double) c.gy.get(q + i) * c.y.get(q + i);
      }
      for (int j = 0; j <= r / c.group; j++) {
        int k = c.key(j);
        double p = c.probability(r, j, c.lse.get(c.head(r)));
        double dp = 0;
        for (int i = 0; i < c.d; i++) {
          dp += (double) c.gy.get(q + i) * c.v.get(k + i);
          gv[k + i] += p * c.gy.get(q + i);
        }
        double ds = p * (dp - delta) / Math.sqrt(c.d);
        for (int i = 0; i < c.d; i++) {
          gq[q + i] += ds * c.k.get(k + i);
          gk[k + i] += ds * c.q.get(q + i);
        }
      }
    }
    assertNear(c.gq, gq, "gq");
    assertNear(c.gk, gk, "gk");
    assertNear(c.gv, gv, "gv");
  }

  /// What the case does not cover is 0 on both sides.
  private static void assertNear(Block actual, double[] expected, String what) {
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual.get(i)).as(what).isCloseTo(expected[i], within(2e-5));
    }
  }

  private static void assertSameAsTwin(Case c, float[] gq, float[] gk, float[] gv) {
    float scale = (float) (1 / Math.sqrt(c.d));
    float[] expectedQ = new float[gq.length];
    float[] expectedK = new float[gk.length];
    float[] expectedV = new float[gv.length];
    for (int r = 0; r < c.rows(); r++) {
      int q = c.query(r);
      float delta =
          (float) RowKernelsTest.sum(c.d, (i, a) -> Math.fma(c.gy.get(q + i), c.y.get(q + i), a));
      for (int j = 0; j <= r / c.group; j++) {
        int k = c.key(j);
        float s = 0;
        float dp = 0;
        for (int i = 0; i < c.d; i++) {
          s = Math.fma(c.q.get(q + i) * scale, c.k.get(k + i), s);
          dp = Math.fma(c.gy.get(q + i), c.v.get(k + i), dp);
        }
        float p = ScalarMath.exp(s - c.lse.get(c.head(r)));
        float ds = p * (dp - delta);
        for (int i = 0; i < c.d; i++) {
          expectedV[k + i] = Math.fma(p, c.gy.get(q + i), expectedV[k + i]);
          expectedK[k + i] = Math.fma(ds, c.q.get(q + i) * scale, expectedK[k + i]);
          expectedQ[q + i] = Math.fma(ds, c.k.get(k + i), expectedQ[q + i]);
        }
      }
      for (int i = 0; i < c.d; i++) {
        expectedQ[q + i] *= scale;
      }
    }
    Block.assertSameBits(gv, expectedV, "gv");
    Block.assertSameBits(gk, expectedK, "gk");
    Block.assertSameBits(gq, expectedQ, "gq");
  }
}
