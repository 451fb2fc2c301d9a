package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.Arena;
import java.util.Map;
import java.util.Objects;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class VectorMathTest {
  /// A prime, so that signs, exponents and mantissas of all kinds occur.
  private static final int STRIDE = 7919;

  private interface FloatFunction {
    float apply(float x);
  }

  private record Function(FloatFunction twin, DoubleUnaryOperator exact, double ulps) {}

  private static final Map<UnaryOp, Function> FUNCTIONS =
      Map.of(
          UnaryOp.EXP, new Function(ScalarMath::exp, Math::exp, 1),
          UnaryOp.LOG, new Function(ScalarMath::log, Math::log, 1),
          UnaryOp.SIGMOID, new Function(ScalarMath::sigmoid, VectorMathTest::sigmoid, 2.5),
          UnaryOp.LOG_SIGMOID, new Function(ScalarMath::logSigmoid, VectorMathTest::logSigmoid, 2),
          UnaryOp.SILU, new Function(ScalarMath::silu, x -> x * sigmoid(x), 3));

  private static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  private static double logSigmoid(double x) {
    return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
  }

  @ParameterizedTest
  @EnumSource(names = {"EXP", "LOG", "SIGMOID", "LOG_SIGMOID", "SILU"})
  void vectorsHaveTheBitsOfSingleFloats(UnaryOp op) {
    int n = 1 << 12;
    Function f = Objects.requireNonNull(FUNCTIONS.get(op));
    float[] expected = new float[n];
    try (Arena arena = Arena.ofConfined()) {
      Block x = Block.zeros(arena, n);
      Block y = Block.zeros(arena, n);
      for (long bits = 0; bits < 1L << 32; ) {
        for (int i = 0; i < n; i++, bits += STRIDE) {
          float v = Float.intBitsToFloat((int) bits);
          x.set(i, v);
          expected[i] = f.twin.apply(v);
        }
        UnaryKernels.apply(op, x.memory(), x.offset(), y.memory(), y.offset(), 0, n);
        Block.assertSameBits(y.floats(), expected, op + " up to bits " + bits);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EXP", "LOG", "SIGMOID", "LOG_SIGMOID", "SILU"})
  void errorsStayBelowWhatIsSaid(UnaryOp op) {
    Function f = Objects.requireNonNull(FUNCTIONS.get(op));
    for (long bits = 0; bits < 1L << 32; bits += STRIDE) {
      float x = Float.intBitsToFloat((int) bits);
      if (op == UnaryOp.SILU && Math.abs(x) > 87) {
        continue;
      }
      double exact = f.exact.applyAsDouble(x);
      float y = f.twin.apply(x);
      if (!Float.isFinite((float) exact)) {
        assertThat(y).as("%s(%s)", op, x).isEqualTo(Float.valueOf((float) exact));
      } else if (Math.abs(y - exact) > f.ulps * Math.ulp((float) exact)) {
        assertThat((double) y).as("%s(%s)", op, x).isEqualTo(exact);
      }
    }
  }

  @Test
  void edgesAreThoseOfTheFunctions() {
    float inf = Float.POSITIVE_INFINITY;
    assertThat(ScalarMath.exp(-inf)).isEqualTo(0f);
    assertThat(ScalarMath.exp(inf)).isEqualTo(inf);
    assertThat(ScalarMath.exp(0f)).isEqualTo(1f);
    assertThat(ScalarMath.exp(Float.NaN)).isNaN();
    assertThat(ScalarMath.log(0f)).isEqualTo(-inf);
    assertThat(ScalarMath.log(1f)).isEqualTo(0f);
    assertThat(ScalarMath.log(-1f)).isNaN();
    assertThat(ScalarMath.log(inf)).isEqualTo(inf);
    assertThat(ScalarMath.logSigmoid(-10_000f)).isEqualTo(-10_000f);
    assertThat(ScalarMath.logSigmoid(-3e38f)).isEqualTo(-3e38f);
    assertThat(ScalarMath.logSigmoid(10_000f)).isZero();
    assertThat(ScalarMath.sigmoid(-10_000f)).isZero();
    assertThat(ScalarMath.silu(-10_000f)).isZero();
    assertThat(ScalarMath.silu(inf)).isEqualTo(inf);
  }
}
