package dev.gavel.tensor.internal.vector;

/// The functions of [VectorMath] on single floats, with the same bits: the same operations in the
/// same order. Kernels use them for the elements behind the last whole vector.
final class ScalarMath {
  private static final float ROUND_TO_INT = 12582912f;

  private ScalarMath() {}

  /// See [VectorMath#exp].
  static float exp(float value) {
    float x = value < VectorMath.EXP_LOW ? VectorMath.EXP_LOW : value;
    x = x > VectorMath.EXP_HIGH ? VectorMath.EXP_HIGH : x;
    float t = Math.fma(x, VectorMath.LOG2_E, ROUND_TO_INT);
    float n = t - ROUND_TO_INT;
    float r = Math.fma(n, -VectorMath.LN2, x);
    r = Math.fma(n, -VectorMath.LN2_REST, r);
    float p = Math.fma(r, VectorMath.E6, VectorMath.E5);
    p = Math.fma(p, r, VectorMath.E4);
    p = Math.fma(p, r, VectorMath.E3);
    p = Math.fma(p, r, VectorMath.E2);
    p = Math.fma(p, r * r, r) + 1f;
    int bits = Float.floatToRawIntBits(t);
    int half = bits >> 1;
    float s1 = Float.intBitsToFloat((half << 23) + VectorMath.ONE);
    float s2 = Float.intBitsToFloat(((bits - half) << 23) + VectorMath.ONE);
    return p * s1 * s2;
  }

  /// See [VectorMath#log].
  static float log(float x) {
    boolean tiny = x < Float.MIN_NORMAL;
    float y = logOfNormal(tiny ? x * VectorMath.TINY_SCALE : x, tiny ? -VectorMath.TINY_BITS : 0f);
    if (!(x < Float.POSITIVE_INFINITY)) {
      return x;
    }
    if (x < 0) {
      return Float.NaN;
    }
    return x == 0 ? Float.NEGATIVE_INFINITY : y;
  }

  /// See [VectorMath#logOfNormal].
  static float logOfNormal(float x, float shift) {
    int bits = Float.floatToRawIntBits(x);
    int k = (bits - VectorMath.SQRT_HALF) >> 23;
    float f = Float.intBitsToFloat(bits - (k << 23)) - 1f;
    float e = Float.intBitsToFloat(k + VectorMath.INT_IN_FLOAT) - ROUND_TO_INT + shift;
    float p = Math.fma(f, VectorMath.L8, VectorMath.L7);
    p = Math.fma(p, f, VectorMath.L6);
    p = Math.fma(p, f, VectorMath.L5);
    p = Math.fma(p, f, VectorMath.L4);
    p = Math.fma(p, f, VectorMath.L3);
    p = Math.fma(p, f, VectorMath.L2);
    p = Math.fma(p, f, VectorMath.L1);
    p = Math.fma(p, f, VectorMath.L0);
    float square = f * f;
    float c = Math.fma(e, VectorMath.LN2_REST, square * f * p);
    c = Math.fma(square, -0.5f, c);
    return Math.fma(e, VectorMath.LN2, f + c);
  }

  /// See [VectorMath#log1pOfUnit].
  static float log1pOfUnit(float z) {
    float u = z + 1f;
    float lost = z - (u - 1f);
    return logOfNormal(u, 0f) + lost / u;
  }

  /// See [VectorMath#sigmoid].
  static float sigmoid(float x) {
    float e = exp(-Math.abs(x));
    return (x < 0 ? e : 1f) / (e + 1f);
  }

  /// See [VectorMath#logSigmoid].
  static float logSigmoid(float x) {
    return (x > 0 ? 0f : x) - log1pOfUnit(exp(-Math.abs(x)));
  }

  /// See [VectorMath#silu].
  static float silu(float x) {
    float e = exp(-Math.abs(x));
    return (x < 0 ? x * e : x) / (e + 1f);
  }
}
