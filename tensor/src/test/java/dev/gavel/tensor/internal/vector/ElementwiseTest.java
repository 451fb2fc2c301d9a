package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Element-wise kernels: near the exact result, and the same bits whether a range is done at once
/// or one element at a time (which is the scalar way).
final class ElementwiseTest {
  /// Runs a kernel on elements `from .. to - 1`.
  private interface Range {
    void run(long from, long to);
  }

  /// In two pieces whose border is at an odd place, and every element alone.
  private static void assertIndependentOfRanges(Block y, Range kernel, String what) {
    int n = y.n();
    kernel.run(0, n);
    float[] whole = y.floats();
    kernel.run(n / 3, n);
    kernel.run(0, n / 3);
    Block.assertSameBits(y.floats(), whole, what + " in two pieces");
    for (int i = 0; i < n; i++) {
      kernel.run(i, i + 1);
    }
    Block.assertSameBits(y.floats(), whole, what + " one by one");
  }

  private static void assertNear(float actual, double expected, double relative, String what) {
    double tolerance = relative * (Math.abs(expected) + 1e-30);
    if (!(Math.abs(actual - expected) <= tolerance)) {
      assertThat((double) actual).as(what).isEqualTo(expected);
    }
  }

  private static double exact(UnaryOp op, double x) {
    return switch (op) {
      case NEG -> -x;
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case SQUARE -> x * x;
      case ABS -> Math.abs(x);
      case RELU -> Math.max(x, 0);
      case SIGMOID -> 1 / (1 + Math.exp(-x));
      case LOG_SIGMOID -> -Math.log1p(Math.exp(-x));
      case SILU -> x / (1 + Math.exp(-x));
      case SIGN -> Math.signum(x);
    };
  }

  @ParameterizedTest
  @EnumSource
  void unary(UnaryOp op) {
    boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block x = Block.uniform(arena, n, positive ? 0.01 : -20, 20, n);
        Block y = Block.zeros(arena, n);
        assertIndependentOfRanges(
            y,
            (from, to) ->
                UnaryKernels.apply(op, x.memory(), x.offset(), y.memory(), y.offset(), from, to),
            op + " of " + n);
        for (int i = 0; i < n; i++) {
          assertNear(y.get(i), exact(op, x.get(i)), 4e-7, op + "(" + x.get(i) + ")");
        }
      }
    }
  }

  private static double exact(BinaryOp op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  @ParameterizedTest
  @EnumSource
  void binaryOfSameShapeAndWithNumber(BinaryOp op) {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block a = Block.uniform(arena, n, -3, 3, n);
        Block b = Block.uniform(arena, n, 0.5, 3, n + 1);
        Block y = Block.zeros(arena, n);
        assertIndependentOfRanges(
            y,
            (from, to) ->
                BinaryKernels.same(
                    op,
                    a.memory(),
                    a.offset(),
                    b.memory(),
                    b.offset(),
                    y.memory(),
                    y.offset(),
                    from,
                    to),
            op + " of " + n);
        for (int i = 0; i < n; i++) {
          assertThat(y.get(i)).isEqualTo((float) exact(op, a.get(i), b.get(i)));
        }
        assertIndependentOfRanges(
            y,
            (from, to) ->
                BinaryKernels.number(
                    op, a.memory(), a.offset(), 1.3f, y.memory(), y.offset(), from, to),
            op + " with a number, of " + n);
        for (int i = 0; i < n; i++) {
          assertThat(y.get(i)).isEqualTo((float) exact(op, a.get(i), 1.3f));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void binaryWithRowAndColumn(BinaryOp op) {
    int rows = 5;
    try (Arena arena = Arena.ofConfined()) {
      for (int c : new int[] {1, 7, 16, 33, 61}) {
        Block a = Block.uniform(arena, rows * c, -3, 3, c);
        Block row = Block.uniform(arena, c, 0.5, 3, c + 1);
        Block column = Block.uniform(arena, rows, 0.5, 3, c + 2);
        Block y = Block.zeros(arena, rows * c);
        BinaryKernels.row(
            op,
            a.memory(),
            a.offset(),
            row.memory(),
            row.offset(),
            y.memory(),
            y.offset(),
            0,
            rows,
            c);
        for (int i = 0; i < rows * c; i++) {
          assertThat(y.get(i)).isEqualTo((float) exact(op, a.get(i), row.get(i % c)));
        }
        BinaryKernels.column(
            op,
            a.memory(),
            a.offset(),
            column.memory(),
            column.offset(),
            y.memory(),
            y.offset(),
            0,
            rows,
            c);
        for (int i = 0; i < rows * c; i++) {
          assertThat(y.get(i)).isEqualTo((float) exact(op, a.get(i), column.get(i / c)));
        }
        y.floats();
      }
    }
  }

  @Test
  void maximumAndMinimumTreatZerosAndNaNAsMathDoes() {
    float[] values = {0f, -0f, Float.NaN, 1f, Float.NEGATIVE_INFINITY};
    float[] a = new float[50];
    float[] b = new float[50];
    for (int i = 0; i < 50; i++) {
      a[i] = values[i % 5];
      b[i] = values[i / 5 % 5];
    }
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.of(arena, a);
      Block z = Block.of(arena, b);
      Block y = Block.zeros(arena, 50);
      for (BinaryOp op : new BinaryOp[] {BinaryOp.MAX, BinaryOp.MIN}) {
        BinaryKernels.same(
            op, x.memory(), x.offset(), z.memory(), z.offset(), y.memory(), y.offset(), 0, 50);
        for (int i = 0; i < 50; i++) {
          float expected = op == BinaryOp.MAX ? Math.max(a[i], b[i]) : Math.min(a[i], b[i]);
          assertThat(y.get(i)).isEqualTo(Float.valueOf(expected));
        }
      }
    }
  }

  @Test
  void fillAffineAndAxpby() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block x = Block.uniform(arena, n, -3, 3, n);
        Block y = Block.uniform(arena, n, -3, 3, n + 1);
        float[] before = y.floats();
        ElementKernels.axpby(1.7f, x.memory(), x.offset(), -0.3f, y.memory(), y.offset(), 0, n);
        for (int i = 0; i < n; i++) {
          assertThat(y.get(i)).isEqualTo(Math.fma(x.get(i), 1.7f, before[i] * -0.3f));
        }
        ElementKernels.fill(y.memory(), y.offset(), Float.NaN, 0, n);
        ElementKernels.axpby(2f, x.memory(), x.offset(), 0f, y.memory(), y.offset(), 0, n);
        for (int i = 0; i < n; i++) {
          assertThat(y.get(i)).isEqualTo(2 * x.get(i));
        }
        ElementKernels.affine(3f, x.memory(), x.offset(), 0.1f, y.memory(), y.offset(), 0, n);
        for (int i = 0; i < n; i++) {
          assertThat(y.get(i)).isEqualTo(Math.fma(x.get(i), 3f, 0.1f));
        }
        y.floats();
      }
    }
  }

  @Test
  void swiGluAndItsGradients() {
    try (Arena arena = Arena.ofConfined()) {
      for (int n : Block.SIZES) {
        Block g = Block.uniform(arena, n, -12, 12, n);
        Block u = Block.uniform(arena, n, -3, 3, n + 1);
        Block gy = Block.uniform(arena, n, -3, 3, n + 2);
        Block y = Block.zeros(arena, n);
        Block gu = Block.zeros(arena, n);
        assertIndependentOfRanges(
            y,
            (from, to) ->
                ElementKernels.swiGlu(
                    g.memory(),
                    g.offset(),
                    u.memory(),
                    u.offset(),
                    y.memory(),
                    y.offset(),
                    from,
                    to),
            "swiglu of " + n);
        for (int i = 0; i < n; i++) {
          assertNear(y.get(i), u.get(i) * exact(UnaryOp.SILU, g.get(i)), 6e-7, "swiglu");
        }
        Range backward =
            (from, to) ->
                ElementKernels.swiGluBackward(
                    g.memory(),
                    g.offset(),
                    u.memory(),
                    u.offset(),
                    gy.memory(),
                    gy.offset(),
                    y.memory(),
                    y.offset(),
                    gu.memory(),
                    gu.offset(),
                    from,
                    to);
        assertIndependentOfRanges(gu, backward, "gradient of up");
        assertIndependentOfRanges(y, backward, "gradient of gate");
        for (int i = 0; i < n; i++) {
          double s = exact(UnaryOp.SIGMOID, g.get(i));
          double slope = s * (1 + g.get(i) * (1 - s));
          assertThat((double) y.get(i))
              .isCloseTo(gy.get(i) * u.get(i) * slope, org.assertj.core.data.Offset.offset(1e-5));
          assertNear(gu.get(i), gy.get(i) * g.get(i) * s, 6e-7, "gradient of up");
        }
      }
    }
  }

  @Test
  void bf16IsTheNearestAndKeepsNaN() {
    SplittableRandom random = new SplittableRandom(3);
    int n = 4099;
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.zeros(arena, n);
      for (int i = 0; i < n; i++) {
        // every third one on a tie
        int bits = random.nextInt();
        x.set(i, Float.intBitsToFloat(i % 3 == 0 ? bits & ~0xFFFF | 0x8000 : bits));
      }
      x.set(5, Float.intBitsToFloat(0x7F800001)); // a NaN whose upper half is infinity's
      x.set(6, Float.MAX_VALUE);
      Block h = Block.zeros(arena, (n + 1) / 2);
      Block y = Block.zeros(arena, n);
      CastKernels.f32ToBf16(x.memory(), x.offset(), h.memory(), h.offset(), 0, n);
      CastKernels.bf16ToF32(h.memory(), h.offset(), y.memory(), y.offset(), 0, n);
      for (int i = 0; i < n; i++) {
        assertThat(y.get(i)).as("%s", x.get(i)).isEqualTo(Float.valueOf(nearest(x.get(i))));
      }
      h.floats();
      y.floats();
    }
  }

  /// The bf16 neighbour of v, as a float.
  private static float nearest(float v) {
    if (Float.isNaN(v)) {
      return Float.NaN;
    }
    int down = Float.floatToRawIntBits(v) & 0xFFFF0000;
    double low = wide(down);
    double high = wide(down + 0x10000);
    double distance = Math.abs(v - low) - Math.abs(high - v);
    boolean takeLow = distance < 0 || (distance == 0 && (down & 0x10000) == 0);
    return takeLow ? Float.intBitsToFloat(down) : Float.intBitsToFloat(down + 0x10000);
  }

  /// A float's value; what follows the largest number counts as 2^128.
  private static double wide(int bits) {
    float f = Float.intBitsToFloat(bits);
    return Float.isInfinite(f) ? Math.copySign(0x1p128, f) : f;
  }

  @Test
  void doublesAndBack() {
    int n = 37;
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.uniform(arena, n, -3, 3, 1);
      Block wide = Block.zeros(arena, 2 * n);
      Block y = Block.zeros(arena, n);
      CastKernels.f32ToF64(x.memory(), x.offset(), wide.memory(), wide.offset(), 0, n);
      assertThat(wide.memory().get(Lanes.F64, wide.offset() + 8)).isEqualTo(x.get(1));
      wide.memory().set(Lanes.F64, wide.offset() + 8, 0.1);
      x.set(1, 0.1f);
      CastKernels.f64ToF32(wide.memory(), wide.offset(), y.memory(), y.offset(), 0, n);
      Block.assertSameBits(y.floats(), x.floats(), "there and back");
    }
  }
}
