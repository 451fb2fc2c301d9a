package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

final class NormAndRopeTest {
  private static final int ROWS = 6;
  private static final float EPS = 1e-5f;

  @Test
  void rmsNormHasTheBitsOfPlainLoops() {
    try (Arena arena = Arena.ofConfined()) {
      for (int c : Block.SIZES) {
        if (c == 0) {
          continue;
        }
        Block x = Block.uniform(arena, ROWS * c, -3, 3, c);
        Block w = Block.uniform(arena, c, 0.5, 2, c + 1);
        Block y = Block.zeros(arena, ROWS * c);
        Block r = Block.zeros(arena, ROWS);
        for (int[] part : new int[][] {{0, 1}, {1, 4}, {4, ROWS}}) {
          NormKernels.forward(
              x.memory(),
              x.offset(),
              w.memory(),
              w.offset(),
              y.memory(),
              y.offset(),
              r.memory(),
              r.offset(),
              part[0],
              part[1],
              c,
              EPS);
        }
        for (int row = 0; row < ROWS; row++) {
          int from = row * c;
          double squares =
              RowKernelsTest.sum(c, (i, a) -> Math.fma(x.get(from + i), x.get(from + i), a));
          float inverse = (float) (1 / Math.sqrt(squares / c + EPS));
          assertThat(r.get(row)).isEqualTo(inverse);
          for (int j = 0; j < c; j++) {
            assertThat(y.get(from + j)).isEqualTo(x.get(from + j) * inverse * w.get(j));
          }
        }
        y.floats();
        r.floats();
      }
    }
  }

  @Test
  void gradientsOfRmsNormAreThoseOfTheFormula() {
    try (Arena arena = Arena.ofConfined()) {
      for (int c : new int[] {1, 7, 16, 33, 127, 1000}) {
        Block x = Block.uniform(arena, ROWS * c, -3, 3, c);
        Block w = Block.uniform(arena, c, 0.5, 2, c + 1);
        Block gy = Block.uniform(arena, ROWS * c, -3, 3, c + 2);
        Block y = Block.zeros(arena, ROWS * c);
        Block r = Block.zeros(arena, ROWS);
        NormKernels.forward(
            x.memory(),
            x.offset(),
            w.memory(),
            w.offset(),
            y.memory(),
            y.offset(),
            r.memory(),
            r.offset(),
            0,
            ROWS,
            c,
            EPS);
        Block gx = Block.uniform(arena, ROWS * c, -1, 1, c + 3);
        float[] before = gx.floats();
        float[] gw = new float[c];
        for (boolean add : new boolean[] {true, false}) {
          NormKernels.backward(
              x.memory(),
              x.offset(),
              w.memory(),
              w.offset(),
              r.memory(),
              r.offset(),
              gy.memory(),
              gy.offset(),
              gx.memory(),
              gx.offset(),
              add,
              gw,
              0,
              ROWS,
              c);
          for (int row = 0; row < ROWS; row++) {
            assertGradient(x, w, gy, gx, add ? before : null, row, c);
          }
        }
        gx.floats();
        for (int j = 0; j < c; j++) {
          double expected = 0;
          for (int row = 0; row < ROWS; row++) {
            expected += 2.0 * gy.get(row * c + j) * x.get(row * c + j) * r.get(row);
          }
          assertThat((double) gw[j]).isCloseTo(expected, within(1e-4));
        }
      }
    }
  }

  private static void assertGradient(
      Block x,
      Block w,
      Block gy,
      Block gx,
      float @org.jspecify.annotations.Nullable [] before,
      int row,
      int c) {
    double squares = 0;
    double dot = 0;
    for (int j = row * c; j < (row + 1) * c; j++) {
      squares += (double) x.get(j) * x.get(j);
      dot += (double) gy.get(j) * w.get(j % c) * x.get(j);
    }
    double r = 1 / Math.sqrt(squares / c + EPS);
    for (int j = row * c; j < (row + 1) * c; j++) {
      double g = gy.get(j) * (double) w.get(j % c) * r - x.get(j) * dot / c * r * r * r;
      assertThat((double) gx.get(j)).isCloseTo(g + (before == null ? 0 : before[j]), within(1e-5));
    }
  }

  @Test
  void ropeRotatesHalvesAndBack() {
    int tokens = 5;
    int[] positions = {3, 0, 7, 7, 1};
    try (Arena arena = Arena.ofConfined()) {
      Block at = Block.zeros(arena, tokens);
      for (int t = 0; t < tokens; t++) {
        at.memory().set(Lanes.I32, at.offset() + 4 * t, positions[t]);
      }
      for (int d : new int[] {2, 12, 16, 24, 32, 48, 64, 128}) {
        int half = d / 2;
        int heads = 3;
        Block cos = Block.uniform(arena, 8 * half, -1, 1, d);
        Block sin = Block.zeros(arena, 8 * half);
        for (int i = 0; i < sin.n(); i++) {
          sin.set(i, (float) Math.sqrt(1 - cos.get(i) * cos.get(i)));
        }
        var tables = new RopeKernels.Tables(cos.memory(), cos.offset(), sin.memory(), sin.offset());
        Block x = Block.uniform(arena, tokens * heads * d, -3, 3, d);
        Block y = Block.zeros(arena, x.n());
        RopeKernels.rotate(
            x.memory(),
            x.offset(),
            y.memory(),
            y.offset(),
            at.memory(),
            at.offset(),
            tables,
            0,
            2,
            heads,
            d,
            false);
        RopeKernels.rotate(
            x.memory(),
            x.offset(),
            y.memory(),
            y.offset(),
            at.memory(),
            at.offset(),
            tables,
            2,
            tokens,
            heads,
            d,
            false);
        for (int i = 0; i < x.n(); i++) {
          int j = i % half;
          int p = positions[i / (heads * d)] * half + j;
          boolean low = i % d < half;
          float a = x.get(low ? i : i - half);
          float b = x.get(low ? i + half : i);
          float expected =
              low
                  ? Math.fma(a, cos.get(p), -(b * sin.get(p)))
                  : Math.fma(b, cos.get(p), a * sin.get(p));
          assertThat(y.get(i)).isEqualTo(expected);
        }
        RopeKernels.rotate(
            y.memory(),
            y.offset(),
            y.memory(),
            y.offset(),
            at.memory(),
            at.offset(),
            tables,
            0,
            tokens,
            heads,
            d,
            true);
        for (int i = 0; i < x.n(); i++) {
          assertThat(y.get(i)).isCloseTo(x.get(i), within(2e-6f));
        }
        y.floats();
      }
    }
  }
}
