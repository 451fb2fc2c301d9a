package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/// exp, log and what is made of them, from fma, multiplications, additions and bit operations only:
/// the vector library's functions give other bits on other machines. [ScalarMath] has the same
/// functions on single floats with the same bits.
///
/// Polynomials are minimax fits (Remez) on the reduced range, weighted for the relative error of
/// the result. Errors below are the largest found over all floats, in units of the last place.
///
/// `compare` and `blend` stand where `min` and `max` could: those follow `Math.max` for NaN and -0
/// and cost four instructions.
final class VectorMath {
  static final float LOG2_E = 0x1.715476p0f;

  /// ln 2 as a float, and what that float lacks.
  static final float LN2 = 0x1.62e430p-1f;

  static final float LN2_REST = -0x1.05c610p-29f;

  static final float EXP_LOW = -104f;
  static final float EXP_HIGH = 89f;

  /// Bits of 1f, of sqrt(1/2), and of 1.5 * 2^23, at which a float's low bits count in ones.
  static final int ONE = 0x3F800000;

  static final int SQRT_HALF = 0x3F3504F3;
  static final int INT_IN_FLOAT = 0x4B400000;

  /// (exp(r) - 1 - r) / r^2 for |r| <= ln(2) / 2.
  static final float E2 = 0.49999994f;

  static final float E3 = 0.16666521f;
  static final float E4 = 0.04166839f;
  static final float E5 = 0.008368724f;
  static final float E6 = 0.0013814585f;

  /// (log(1 + f) - f + f^2 / 2) / f^3 for sqrt(1/2) <= 1 + f <= sqrt(2).
  static final float L0 = 0.33333313f;

  static final float L1 = -0.25000009f;
  static final float L2 = 0.2000212f;
  static final float L3 = -0.16667996f;
  static final float L4 = 0.14219552f;
  static final float L5 = -0.12405588f;
  static final float L6 = 0.118881606f;
  static final float L7 = -0.11675655f;
  static final float L8 = 0.06746648f;

  /// Subnormal numbers are scaled by 2^TINY_BITS before their exponent is read.
  static final float TINY_BITS = 24f;

  static final float TINY_SCALE = 0x1p24f;

  private static final float ROUND_TO_INT = 12582912f;

  private VectorMath() {}

  /// e^x: 0 at -inf, inf from 88.73 on, subnormal results included, NaN stays NaN. Error < 1 ulp.
  ///
  /// x = n ln 2 + r; the polynomial in r is scaled by 2^n in two steps, as 2^n alone may be too
  /// large or too small for a float.
  static FloatVector exp(FloatVector value) {
    FloatVector low = FloatVector.broadcast(F, EXP_LOW);
    FloatVector high = FloatVector.broadcast(F, EXP_HIGH);
    FloatVector x = value.blend(low, value.compare(VectorOperators.LT, low));
    x = x.blend(high, x.compare(VectorOperators.GT, high));
    FloatVector t = x.fma(broadcast(LOG2_E), broadcast(ROUND_TO_INT));
    FloatVector n = t.sub(ROUND_TO_INT);
    FloatVector r = n.fma(broadcast(-LN2), x);
    r = n.fma(broadcast(-LN2_REST), r);
    FloatVector p = r.fma(broadcast(E6), broadcast(E5));
    p = p.fma(r, broadcast(E4)).fma(r, broadcast(E3)).fma(r, broadcast(E2));
    p = p.fma(r.mul(r), r).add(1f);
    IntVector bits = t.reinterpretAsInts();
    IntVector half = bits.lanewise(VectorOperators.ASHR, 1);
    IntVector s1 = half.lanewise(VectorOperators.LSHL, 23).add(ONE);
    IntVector s2 = bits.sub(half).lanewise(VectorOperators.LSHL, 23).add(ONE);
    return p.mul(s1.reinterpretAsFloats()).mul(s2.reinterpretAsFloats());
  }

  /// Natural logarithm: -inf at 0, NaN below, inf at inf, subnormal arguments included. Error < 1
  /// ulp.
  static FloatVector log(FloatVector x) {
    FloatVector zero = FloatVector.zero(F);
    VectorMask<Float> tiny = x.compare(VectorOperators.LT, Float.MIN_NORMAL);
    FloatVector y = logOfNormal(x.blend(x.mul(TINY_SCALE), tiny), zero.blend(-TINY_BITS, tiny));
    y = y.blend(x, x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY).not());
    y = y.blend(Float.NaN, x.compare(VectorOperators.LT, zero));
    return y.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.EQ, zero));
  }

  /// log(x) + shift * ln(2) for normal positive x: x = 2^e (1 + f).
  static FloatVector logOfNormal(FloatVector x, FloatVector shift) {
    IntVector bits = x.reinterpretAsInts();
    IntVector k = bits.sub(SQRT_HALF).lanewise(VectorOperators.ASHR, 23);
    FloatVector f = bits.sub(k.lanewise(VectorOperators.LSHL, 23)).reinterpretAsFloats().sub(1f);
    FloatVector e = k.add(INT_IN_FLOAT).reinterpretAsFloats().sub(ROUND_TO_INT).add(shift);
    FloatVector p = f.fma(broadcast(L8), broadcast(L7));
    p = p.fma(f, broadcast(L6)).fma(f, broadcast(L5)).fma(f, broadcast(L4));
    p = p.fma(f, broadcast(L3)).fma(f, broadcast(L2)).fma(f, broadcast(L1));
    p = p.fma(f, broadcast(L0));
    FloatVector square = f.mul(f);
    FloatVector c = e.fma(broadcast(LN2_REST), square.mul(f).mul(p));
    c = square.fma(broadcast(-0.5f), c);
    return e.fma(broadcast(LN2), f.add(c));
  }

  /// log(1 + z) for z in [0, 1], accurate for small z too: what the rounding of 1 + z loses is
  /// added back to first order.
  static FloatVector log1pOfUnit(FloatVector z) {
    FloatVector u = z.add(1f);
    FloatVector lost = z.sub(u.sub(1f));
    return logOfNormal(u, FloatVector.zero(F)).add(lost.div(u));
  }

  /// 1 / (1 + e^-x), from e^-|x| so that no value overflows. Error < 2.5 ulp.
  static FloatVector sigmoid(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    FloatVector top = broadcast(1f).blend(e, x.compare(VectorOperators.LT, 0f));
    return top.div(e.add(1f));
  }

  /// log(sigmoid(x)) = min(x, 0) - log(1 + e^-|x|): finite for every finite x. Error < 2 ulp.
  static FloatVector logSigmoid(FloatVector x) {
    FloatVector z = log1pOfUnit(exp(x.abs().neg()));
    return x.blend(0f, x.compare(VectorOperators.GT, 0f)).sub(z);
  }

  /// x sigmoid(x). Error < 3 ulp where e^-|x| is a normal number (|x| < 87), else < 1e-43.
  static FloatVector silu(FloatVector x) {
    FloatVector e = exp(x.abs().neg());
    FloatVector top = x.blend(x.mul(e), x.compare(VectorOperators.LT, 0f));
    return top.div(e.add(1f));
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(F, value);
  }
}
