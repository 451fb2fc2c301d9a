package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cuda.kernels.FewRowsKernel.After;
import dev.gavel.cuda.kernels.FewRowsKernel.Matrix;
import dev.gavel.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// [FewRowsKernel] against sums in double, and a row's bits alone and in a batch.
class FewRowsKernelTest extends StreamingTest {
  private final FewRowsKernel kernel = new FewRowsKernel(context);

  /// Operands of a launch: x [32, K], some w [rows, K], a residual.
  private final class Case {
    final int k;
    final int[] rows;
    final After after;
    final Values x;
    final List<Values> w = new ArrayList<>();
    final Values residual;

    Case(int k, After after, int... rows) {
      this.k = k;
      this.rows = rows;
      this.after = after;
      x = normal(DType.BF16, 0, FewRowsKernel.MOST_ROWS * k, 1);
      for (int n : rows) {
        w.add(normal(DType.BF16, 0, n * k, 1 / Math.sqrt(k)));
      }
      residual = normal(DType.BF16, 0, FewRowsKernel.MOST_ROWS * rows[0], 1);
    }

    int outputs() {
      return after == After.GATE ? 1 : rows.length;
    }

    /// The results of m rows of x from `first` on, matrix by matrix.
    List<float[]> run(int first, int m) {
      assertThat(kernel.takes(m, k)).isTrue();
      DType type = after == After.WIDEN ? DType.F32 : DType.BF16;
      List<Values> y = new ArrayList<>();
      List<Matrix> matrices = new ArrayList<>();
      for (int i = 0; i < rows.length; i++) {
        y.add(room(type, 0, m * rows[i]));
        matrices.add(new Matrix(w.get(i).address, y.get(i).address, rows[i]));
      }
      kernel.run(
          x.address + 2L * first * k,
          m,
          k,
          matrices,
          after,
          residual.address + 2L * first * rows[0]);
      return y.stream().limit(outputs()).map(Values::now).toList();
    }

    double product(int matrix, int row, int column) {
      double sum = 0;
      for (int i = 0; i < k; i++) {
        sum += (double) x.before[row * k + i] * w.get(matrix).before[column * k + i];
      }
      return sum;
    }

    void check(int m) {
      List<float[]> got = run(0, m);
      for (int i = 0; i < outputs(); i++) {
        Near near =
            new Near("few rows", after == After.WIDEN ? DType.F32 : DType.BF16, after, m, k, i);
        for (int at = 0; at < m * rows[i]; at++) {
          int row = at / rows[i];
          int column = at % rows[i];
          double p = product(i, row, column);
          double noise = 2e-6;
          double want = p;
          if (after == After.ADD) {
            want += residual.before[at];
            noise += Math.abs(p) / 256;
          } else if (after == After.GATE) {
            double up = product(1, row, column);
            want = p / (1 + Math.exp(-p)) * up;
            noise += (Math.abs(want) + Math.abs(p * up)) / 128;
          }
          near.at(at, got.get(i)[at], want, noise);
        }
      }
    }
  }

  /// 520 columns: the last chunk is not whole, most warps have two; 40: most have none.
  @ParameterizedTest
  @CsvSource({
    "ROUND, 520, 1", "ROUND, 520, 2", "ROUND, 520, 7", "ROUND, 520, 8", "ROUND, 520, 9",
    "ROUND, 520, 31", "ROUND, 520, 32", "ROUND, 40, 3", "ROUND, 8, 17", "ADD, 264, 1",
    "ADD, 264, 12", "ADD, 264, 32", "WIDEN, 264, 1", "WIDEN, 264, 16", "WIDEN, 264, 20"
  })
  void oneMatrix(After after, int k, int m) {
    new Case(k, after, 67).check(m);
    new Case(k, after, 5).check(m);
  }

  @ParameterizedTest
  @CsvSource({"1", "8", "13", "32"})
  void severalMatrices(int m) {
    new Case(136, After.ROUND, 80, 17, 130).check(m);
    new Case(136, After.ROUND, 16, 31).check(m);
    new Case(136, After.WIDEN, 33, 16, 16).check(m);
  }

  @ParameterizedTest
  @CsvSource({"1", "8", "16", "32"})
  void gated(int m) {
    new Case(136, After.GATE, 67, 67).check(m);
  }

  @ParameterizedTest
  @CsvSource({"ROUND, 1", "WIDEN, 3", "ADD, 9", "ROUND, 32"})
  void manyRowsOfW(After after, int m) {
    new Case(24, after, 8_200).check(m);
  }

  @ParameterizedTest
  @CsvSource({"2", "11", "17"})
  void manyGatedRows(int m) {
    new Case(24, After.GATE, 8_200, 8_200).check(m);
  }

  @ParameterizedTest
  @CsvSource({
    "ROUND, 50, 520",
    "ADD, 50, 520",
    "WIDEN, 50, 520",
    "ROUND, 8200, 264",
    "WIDEN, 8200, 40"
  })
  void aRowHasTheSameBitsAloneAndInABatch(After after, int rows, int k) {
    sameBits(new Case(k, after, rows));
  }

  @ParameterizedTest
  @CsvSource({"50, 520", "8200, 264"})
  void aGatedRowHasTheSameBitsAloneAndInABatch(int rows, int k) {
    sameBits(new Case(k, After.GATE, rows, rows));
  }

  private static void sameBits(Case c) {
    float[] batch = c.run(0, 32).getFirst();
    for (int m : new int[] {1, 8, 9, 16, 17}) {
      float[] alone = c.run(32 - m, m).getFirst();
      int first = (32 - m) * c.rows[0];
      assertThat(Arrays.mismatch(alone, Arrays.copyOfRange(batch, first, batch.length)))
          .as("where %d rows differ from the last ones of 32", m)
          .isEqualTo(-1);
    }
  }

  @Test
  void severalMatricesHaveTheBitsOfOneByOne() {
    Case all = new Case(264, After.ROUND, 40, 24, 24);
    List<float[]> together = all.run(0, 5);
    for (int i = 0; i < 3; i++) {
      Case one = new Case(264, After.ROUND, all.rows[i]);
      Matrix m =
          new Matrix(
              all.w.get(i).address, room(DType.BF16, 0, 5 * all.rows[i]).address, all.rows[i]);
      kernel.run(all.x.address, 5, one.k, List.of(m), After.ROUND, 0);
      assertThat(floatsOfBf16(m.y(), 5 * all.rows[i])).isEqualTo(together.get(i));
    }
  }

  /// So that a step has the same bits in one launch and in three.
  @ParameterizedTest
  @CsvSource({"1, 40", "32, 40", "4, 8200"})
  void whatFollowsHasTheBitsOfLaunchesOfItsOwn(int m, int rows) {
    Case gated = new Case(72, After.GATE, rows, rows);
    List<Values> y = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      y.add(alone(gated, i, m));
    }
    SwiGluKernel swiGlu = new SwiGluKernel(context);
    swiGlu.forward(
        DType.BF16, y.get(0).address, y.get(0).address, y.get(1).address, (long) m * rows);
    assertThat(gated.run(0, m).getFirst()).isEqualTo(y.getFirst().now());

    Case added = new Case(72, After.ADD, rows);
    float[] product = alone(added, 0, m).now();
    float[] sum = added.run(0, m).getFirst();
    for (int i = 0; i < sum.length; i++) {
      assertThat(sum[i]).isEqualTo(roundBf16(product[i] + added.residual.before[i]));
    }
  }

  /// A product of one matrix, rounded.
  private Values alone(Case c, int matrix, int m) {
    Values y = room(DType.BF16, 0, m * c.rows[matrix]);
    List<Matrix> one = List.of(new Matrix(c.w.get(matrix).address, y.address, c.rows[matrix]));
    kernel.run(c.x.address, m, c.k, one, After.ROUND, 0);
    return y;
  }

  @Test
  void takesWhatItCan() {
    assertThat(kernel.takes(32, 2048)).isTrue();
    assertThat(kernel.takes(33, 2048)).isFalse();
    assertThat(kernel.takes(0, 2048)).isFalse();
    assertThat(kernel.takes(1, 2044)).isFalse();
    assertThat(kernel.takes(1, 0)).isFalse();
  }

  @Test
  void countsBytes() {
    assertThat(FewRowsKernel.bytes(64, List.of(new Matrix(0, 0, 10), new Matrix(0, 0, 6))))
        .isEqualTo(2.0 * 64 * 16);
  }
}
