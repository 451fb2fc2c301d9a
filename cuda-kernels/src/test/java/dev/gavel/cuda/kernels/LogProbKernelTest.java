package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;

/// [LogProbKernel] against sums in double.
class LogProbKernelTest extends StreamingTest {
  /// What logits look like.
  private enum Kind {
    NORMAL,
    /// Three values only, so that the arg-max has rivals.
    TIES,
    /// Around 300, spread over 60.
    LARGE
  }

  private static final int[][] SHAPES = {{5, 512}, {4, 37}, {3, 5000}, {1, 1}, {2, 17_000}};

  private final LogProbKernel kernel = new LogProbKernel(context);

  @Test
  void forwardAndBackward() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          for (Kind kind : Kind.values()) {
            compare(type, logits(type, shift, s[0] * s[1], kind), s[0], s[1]);
          }
        }
      }
    }
  }

  private Values logits(DType type, int shift, int n, Kind kind) {
    float[] z = normal(type, 0, n, 3).before;
    for (int i = 0; i < n; i++) {
      switch (kind) {
        case NORMAL -> {}
        case TIES -> z[i] = random.nextInt(3);
        case LARGE -> z[i] = 300 + 20 * z[i];
      }
    }
    return new Values(type, shift, z);
  }

  private record Row(int best, double lse, double entropy) {
    static Row of(float[] z, int from, int columns) {
      int best = 0;
      for (int j = 1; j < columns; j++) {
        best = z[from + j] > z[from + best] ? j : best;
      }
      double sum = 0;
      double weighted = 0;
      for (int j = 0; j < columns; j++) {
        double d = (double) z[from + j] - z[from + best];
        sum += Math.exp(d);
        weighted += Math.exp(d) * d;
      }
      return new Row(best, z[from + best] + Math.log(sum), Math.log(sum) - weighted / sum);
    }
  }

  private void compare(DType type, Values z, int rows, int columns) {
    int[] targets = ids(rows, columns);
    float[] g = normal(DType.F32, 0, rows, 1).before;
    Row[] want = new Row[rows];
    for (int r = 0; r < rows; r++) {
      want[r] = Row.of(z.before, r * columns, columns);
      targets[r] = r % 2 == 0 ? want[r].best : targets[r];
    }
    Values y = room(DType.F32, 0, rows);
    Values stats = room(DType.F32, 0, 3 * rows);
    long ids = uploadInts(targets);
    kernel.forward(type, y.address, stats.address, z.address, ids, rows, columns);
    forward(z, targets, want, y.now(), stats.now(), columns);
    kernel.backward(type, z.address, z.address, ids, stats.address, uploadFloats(g), rows, columns);
    float[] got = z.now();
    Near near = new Near("log prob backward", type, rows, columns);
    for (int i = 0; i < got.length; i++) {
      int r = i / columns;
      double p = Math.exp(z.before[i] - want[r].lse);
      double noise = (2e-7 * Math.abs(want[r].lse) + 2e-6) * Math.abs(g[r]);
      near.at(i, got[i], ((i % columns == targets[r] ? 1 : 0) - p) * g[r], noise);
    }
  }

  private static void forward(
      Values z, int[] targets, Row[] want, float[] y, float[] stats, int columns) {
    Near near = new Near("log prob", DType.F32, z.type, want.length, columns);
    for (int r = 0; r < want.length; r++) {
      near.at(r, y[r], z.before[r * columns + targets[r]] - want[r].lse, 6e-6);
      near.at(r, stats[3 * r], want[r].lse, 1e-6);
      near.at(r, stats[3 * r + 1], want[r].entropy, 1e-5);
      assertThat(stats[3 * r + 2]).isEqualTo(targets[r] == want[r].best ? 1 : 0);
    }
  }

  @Test
  void whatIsNotANumberStaysSo() {
    Values z = new Values(DType.F32, 0, 1, Float.NaN, 2, 3);
    Values y = room(DType.F32, 0, 1);
    Values stats = room(DType.F32, 0, 3);
    kernel.forward(DType.F32, y.address, stats.address, z.address, uploadInts(3), 1, 4);
    assertThat(y.now()[0]).isNaN();
  }
}
