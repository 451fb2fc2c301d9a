package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class RowKernelsTest {
  /// A term of a sum: adds element i to what its lane holds.
  interface Term {
    float add(int i, float lane);
  }

  /// The one shape of a sum, in plain Java.
  static double sum(int n, Term term) {
    double total = 0;
    for (int from = 0; from < n; from += RowSums.BLOCK) {
      float[] lanes = new float[16];
      for (int i = from; i < Math.min(n, from + RowSums.BLOCK); i++) {
        lanes[i % 16] = term.add(i, lanes[i % 16]);
      }
      for (int half = 8; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
          lanes[l] += lanes[l + half];
        }
      }
      total += lanes[0];
    }
    return total;
  }

  @Test
  void sumsHaveTheBitsOfSixteenLanes() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block x = Block.uniform(arena, n, -3, 3, n);
        Block y = Block.uniform(arena, n, -3, 3, n + 1);
        Block z = Block.uniform(arena, n, -3, 3, n + 2);
        assertThat(RowSums.sum(x.memory(), x.offset(), n))
            .isEqualTo(sum(n, (i, a) -> a + x.get(i)));
        assertThat(RowSums.dot(x.memory(), x.offset(), y.memory(), y.offset(), n))
            .isEqualTo(sum(n, (i, a) -> Math.fma(x.get(i), y.get(i), a)));
        assertThat(
                RowSums.dot3(
                    x.memory(), x.offset(), y.memory(), y.offset(), z.memory(), z.offset(), n))
            .isEqualTo(sum(n, (i, a) -> Math.fma(x.get(i) * y.get(i), z.get(i), a)));
        double plain = 0;
        for (int i = 0; i < n; i++) {
          plain += x.get(i);
        }
        assertThat(RowSums.sum(x.memory(), x.offset(), n)).isCloseTo(plain, within(1e-3));
        float[] lanes = Arrays.copyOf(x.floats(), Math.max(n, 16));
        assertThat((double) Lanes.tree(lanes, 0)).isEqualTo(sum(16, (i, a) -> lanes[i]));
      }
    }
  }

  @Test
  void largestElementAndItsFirstPlace() {
    try (Arena arena = Arena.ofConfined()) {
      for (int c : Block.SIZES) {
        Block x = Block.uniform(arena, 3 * c, -3, 3, c);
        if (c > 2) {
          x.set(c / 2, 5);
          x.set(c - 1, 5);
          x.set(c, Float.NaN);
          for (int j = 2 * c; j < 3 * c; j++) {
            x.set(j, Float.NEGATIVE_INFINITY);
          }
        }
        Block y = Block.zeros(arena, 3);
        Block index = Block.zeros(arena, 3);
        RowKernels.max(
            x.memory(),
            x.offset(),
            y.memory(),
            y.offset(),
            index.memory(),
            index.offset(),
            0,
            3,
            c);
        for (int r = 0; r < 3; r++) {
          int best = -1;
          for (int j = 0; j < c; j++) {
            float v = x.get(r * c + j);
            best = !Float.isNaN(v) && (best < 0 || v > x.get(r * c + best)) ? j : best;
          }
          assertThat(y.get(r)).isEqualTo(best < 0 ? Float.NEGATIVE_INFINITY : x.get(r * c + best));
          assertThat(index.memory().get(Lanes.I32, index.offset() + 4 * r))
              .isEqualTo(Math.max(best, 0));
        }
      }
    }
  }

  @Test
  void aZeroMaximumHasNoSign() {
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.of(arena, -0f, -1f, -0f);
      assertThat(RowSums.max(x.memory(), x.offset(), 3)).isEqualTo(0f);
    }
  }

  @Test
  void sumsOfRowsAndColumns() {
    int rows = 5;
    try (Arena arena = Arena.ofConfined()) {
      for (int c : Block.SIZES) {
        Block x = Block.uniform(arena, rows * c, -3, 3, c);
        Block y = Block.zeros(arena, rows);
        RowKernels.sum(x.memory(), x.offset(), y.memory(), y.offset(), 0, rows, c);
        float[] sums = new float[c];
        RowKernels.columnSum(x.memory(), x.offset(), sums, 0, rows, c);
        Block total = Block.uniform(arena, c, -1, 1, 7);
        float[] before = total.floats();
        RowKernels.addSums(sums, total.memory(), total.offset(), c);
        for (int r = 0; r < rows; r++) {
          int from = r * c;
          assertThat(y.get(r)).isEqualTo((float) sum(c, (i, a) -> a + x.get(from + i)));
        }
        for (int j = 0; j < c; j++) {
          float s = 0;
          for (int r = 0; r < rows; r++) {
            s += x.get(r * c + j);
          }
          assertThat(sums[j]).isEqualTo(s);
          assertThat(total.get(j)).isEqualTo(before[j] + s);
        }
        total.floats();
      }
    }
  }

  @Test
  void logProbabilitiesAndEntropy() {
    LogProbRow row = new LogProbRow();
    try (Arena arena = Arena.ofConfined()) {
      for (int c : Block.SIZES) {
        if (c == 0) {
          continue;
        }
        Block x = Block.uniform(arena, c, -9, 9, c);
        if (c > 20) {
          x.set(3, Float.NEGATIVE_INFINITY);
          x.set(5, 9.5f);
          x.set(11, 9.5f);
        }
        float[] logits = x.floats();
        row.read(x.memory(), x.offset(), c);
        float max = Float.NEGATIVE_INFINITY;
        for (float v : logits) {
          max = Math.max(max, v);
        }
        float m = max;
        double s = sum(c, (i, a) -> a + ScalarMath.exp(logits[i] - m));
        double u = sum(c, (i, a) -> weighted(logits[i] - m, a));
        float log = ScalarMath.log((float) s);
        assertThat(row.logSumExp()).isEqualTo(m + log);
        assertThat(row.entropy()).isEqualTo((float) (log - u / s));
        assertThat(row.logProb(logits[c / 2])).isEqualTo(logits[c / 2] - m - log);
        double exactSum = 0;
        double exactWeighted = 0;
        for (float v : logits) {
          exactSum += Math.exp(v - m);
          exactWeighted += v < -1e30 ? 0 : Math.exp(v - m) * (v - m);
        }
        assertThat((double) row.logSumExp()).isCloseTo(m + Math.log(exactSum), within(2e-6));
        assertThat((double) row.entropy())
            .isCloseTo(Math.log(exactSum) - exactWeighted / exactSum, within(3e-6));
        if (c > 20) {
          assertThat(row.isTop(x.memory(), x.offset(), 5)).isTrue();
          assertThat(row.isTop(x.memory(), x.offset(), 11)).isFalse();
          assertThat(row.isTop(x.memory(), x.offset(), 4)).isFalse();
        }
      }
    }
  }

  private static float weighted(float d, float lane) {
    float e = ScalarMath.exp(d);
    return Math.fma(e == 0 ? 0f : d, e, lane);
  }

  @Test
  void gradientOfCrossEntropy() {
    LogProbRow row = new LogProbRow();
    try (Arena arena = Arena.ofConfined()) {
      for (int c : Block.SIZES) {
        if (c == 0) {
          continue;
        }
        Block x = Block.uniform(arena, c, -9, 9, c);
        float[] logits = x.floats();
        row.read(x.memory(), x.offset(), c);
        int target = c / 2;
        RowKernels.crossEntropyGradient(x.memory(), x.offset(), c, target, row.logSumExp(), -1.5f);
        for (int j = 0; j < c; j++) {
          double p = Math.exp(logits[j] - (double) row.logSumExp());
          assertThat((double) x.get(j)).isCloseTo((p - (j == target ? 1 : 0)) * -1.5, within(2e-6));
          if (j != target) {
            assertThat(x.get(j)).isEqualTo(ScalarMath.exp(logits[j] - row.logSumExp()) * -1.5f);
          }
        }
        x.floats();
      }
    }
  }

  @Test
  void sumOfSquaresInBlocks() {
    int n = 2 * OptimizerKernels.SQUARES_BLOCK + 77;
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.uniform(arena, n, -3, 3, 1);
      double exact = 0;
      for (int i = 0; i < n; i++) {
        exact += (double) x.get(i) * x.get(i);
      }
      double sum = 0;
      for (int block = 0; block < 3; block++) {
        int from = block * OptimizerKernels.SQUARES_BLOCK;
        int size = Math.min(OptimizerKernels.SQUARES_BLOCK, n - from);
        double part = OptimizerKernels.sumOfSquares(x.memory(), x.offset(), n, block);
        assertThat(part)
            .isEqualTo(sum(size, (i, a) -> Math.fma(x.get(from + i), x.get(from + i), a)));
        sum += part;
      }
      assertThat(sum).isCloseTo(exact, within(1e-5 * exact));
    }
  }

  @Test
  void gatherAndScatter() {
    int vocabulary = 9;
    int[] ids = {4, 0, 4, 8, 4, 0};
    try (Arena arena = Arena.ofConfined()) {
      Block at = Block.zeros(arena, ids.length);
      for (int t = 0; t < ids.length; t++) {
        at.memory().set(Lanes.I32, at.offset() + 4 * t, ids[t]);
      }
      for (int c : new int[] {1, 7, 16, 33}) {
        Block table = Block.uniform(arena, vocabulary * c, -3, 3, c);
        Block y = Block.zeros(arena, ids.length * c);
        EmbeddingKernels.gather(
            table.memory(),
            table.offset(),
            vocabulary,
            at.memory(),
            at.offset(),
            y.memory(),
            y.offset(),
            0,
            ids.length,
            c);
        float[] expected = table.floats();
        for (int i = 0; i < y.n(); i++) {
          assertThat(y.get(i)).isEqualTo(expected[ids[i / c] * c + i % c]);
        }
        Block gy = Block.uniform(arena, ids.length * c, -3, 3, c + 1);
        for (int i = 0; i < gy.n(); i++) {
          expected[ids[i / c] * c + i % c] += gy.get(i);
        }
        var runs = EmbeddingKernels.Runs.of(at.memory(), at.offset(), ids.length, vocabulary);
        assertThat(runs.count()).isEqualTo(3);
        for (int part : new int[] {2, 0, 1}) {
          EmbeddingKernels.scatterAdd(
              runs, gy.memory(), gy.offset(), table.memory(), table.offset(), part, part + 1, c);
        }
        Block.assertSameBits(table.floats(), expected, "scatter");
      }
      at.memory().set(Lanes.I32, at.offset() + 8, 9);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> EmbeddingKernels.Runs.of(at.memory(), at.offset(), ids.length, vocabulary))
          .withMessage("gather: id 9 at position 2, but the table has 9 rows");
    }
  }
}
