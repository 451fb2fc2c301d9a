package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cuda.kernels.ElementwiseKernel.Spread;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// [ElementwiseKernel] against the functions in double.
class ElementwiseKernelTest extends StreamingTest {
  private static final int[][] SHAPES = {{7, 37}, {3, 1000}, {1, 1}, {0, 8}, {5, 64}};

  private final ElementwiseKernel kernel = new ElementwiseKernel(context);

  private interface Case {
    void run(DType type, int shift, int rows, int columns);
  }

  private static void everywhere(Case test) {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          test.run(type, shift, s[0], s[1]);
        }
      }
    }
  }

  private static double apply(UnaryOp op, double x) {
    return switch (op) {
      case NEG -> -x;
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case SQUARE -> x * x;
      case ABS -> Math.abs(x);
      case RELU -> x > 0 ? x : 0;
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case LOG_SIGMOID -> Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
      case SILU -> x / (1 + Math.exp(-x));
      case SIGN -> Math.signum(x);
    };
  }

  private static double apply(BinaryOp op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  @Test
  void unary() {
    everywhere((type, shift, rows, columns) -> {
      int n = rows * columns;
      float[] v = normal(type, 0, n, 2).before;
      float[] extremes = {0, -0f, 100, -100, 1e-3f, Float.NaN, Float.POSITIVE_INFINITY};
      System.arraycopy(extremes, 0, v, 0, Math.min(n, extremes.length));
      Values x = new Values(type, shift, v);
      for (UnaryOp op : UnaryOp.values()) {
        Values y = room(type, shift, n);
        kernel.unary(type, op, y.address, x.address, n);
        Near near = new Near("unary", type, op, shift, n);
        float[] got = y.now();
        for (int i = 0; i < n; i++) {
          double want = (float) apply(op, x.before[i]);
          near.at(
              i, got[i], want, 1e-6 * Math.abs(want) + Float.MIN_NORMAL); // denormals may be cut
        }
      }
    });
  }

  @Test
  void binary() {
    everywhere((type, shift, rows, columns) -> {
      Values a = normal(type, shift, rows * columns, 2);
      for (Spread spread : Spread.values()) {
        Values b = normal(type, shift, count(spread, rows, columns), 2);
        for (BinaryOp op : BinaryOp.values()) {
          binary(op, spread, a, b, shift, columns);
        }
      }
    });
  }

  private static int count(Spread spread, int rows, int columns) {
    return switch (spread) {
      case SAME -> rows * columns;
      case ONE -> 1;
      case ROW -> columns;
      case COLUMN -> rows;
    };
  }

  private void binary(BinaryOp op, Spread spread, Values a, Values b, int shift, int columns) {
    Values y = room(a.type, shift, a.count);
    kernel.binary(a.type, op, y.address, a.address, b.address, spread, columns, a.count);
    Near near = new Near("binary", a.type, op, spread, shift, a.count);
    float[] got = y.now();
    for (int i = 0; i < a.count; i++) {
      int j =
          switch (spread) {
            case SAME -> i;
            case ONE -> 0;
            case ROW -> i % columns;
            case COLUMN -> i / columns;
          };
      near.at(i, got[i], apply(op, a.before[i], b.before[j]), 3e-7);
    }
  }

  @Test
  void linear() {
    everywhere((type, shift, rows, columns) -> {
      int n = rows * columns;
      Values x = normal(type, shift, n, 1);
      Values y = normal(type, shift, n, 1);
      Values unread = room(type, shift, n);
      Values moved = room(type, shift, n);
      kernel.axpby(type, y.address, x.address, 1.5, -0.5, n);
      kernel.axpby(type, unread.address, x.address, 1.5, 0, n);
      kernel.affine(type, moved.address, x.address, -0.5, 3, n);
      Near near = new Near("axpby, affine", type, shift, n);
      float[] sum = y.now();
      float[] product = unread.now();
      float[] shifted = moved.now();
      for (int i = 0; i < n; i++) {
        near.at(i, sum[i], 1.5 * x.before[i] - 0.5 * y.before[i], 1e-6);
        near.at(i, product[i], 1.5 * x.before[i], 1e-6);
        near.at(i, shifted[i], 3 - 0.5 * x.before[i], 1e-6);
      }
    });
  }

  @Test
  void fill() {
    everywhere((type, shift, rows, columns) -> {
      Values y = room(type, shift, rows * columns);
      kernel.fill(type, y.address, 0.7, y.count);
      float[] want = new float[y.count];
      Arrays.fill(want, type == DType.BF16 ? roundBf16(0.7f) : 0.7f);
      assertThat(y.now()).isEqualTo(want);
    });
    long i32 = allocate(20);
    kernel.fill(DType.I32, i32, -3, 5);
    assertThat(ints(i32, 5)).containsOnly(-3);
    long f64 = allocate(24);
    kernel.fill(DType.F64, f64, 0.1, 3);
    assertThat(
            java.nio.ByteBuffer.wrap(bytes(f64, 24))
                .order(java.nio.ByteOrder.nativeOrder())
                .getDouble(16))
        .isEqualTo(0.1);
  }
}
