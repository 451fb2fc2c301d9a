package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// y = f(x), element by element. x and y may be the same memory. An element's bits depend on that
/// element only.
final class UnaryKernels {
  private UnaryKernels() {}

  /// Elements `from .. to - 1` of the tensors that begin at byte `xo` of x and `yo` of y.
  static void apply(
      UnaryOp op, MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    long a = xo + 4 * from;
    long b = yo + 4 * from;
    long n = to - from;
    switch (op) {
      case NEG -> neg(x, a, y, b, n);
      case EXP -> exp(x, a, y, b, n);
      case LOG -> log(x, a, y, b, n);
      case SQRT -> sqrt(x, a, y, b, n);
      case RECIPROCAL -> reciprocal(x, a, y, b, n);
      case SIGMOID -> sigmoid(x, a, y, b, n);
      case LOG_SIGMOID -> logSigmoid(x, a, y, b, n);
      case SILU -> silu(x, a, y, b, n);
      case SQUARE -> square(x, a, y, b, n);
      case ABS -> abs(x, a, y, b, n);
      case RELU -> relu(x, a, y, b, n);
      case SIGN -> sign(x, a, y, b, n);
    }
  }

  private static void neg(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      v.neg().intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, -v);
    }
  }

  private static void exp(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      VectorMath.exp(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, ScalarMath.exp(v));
    }
  }

  private static void log(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      VectorMath.log(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, ScalarMath.log(v));
    }
  }

  private static void sqrt(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      v.sqrt().intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, (float) Math.sqrt(v));
    }
  }

  private static void reciprocal(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector.broadcast(F, 1f).div(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, 1f / v);
    }
  }

  private static void sigmoid(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      VectorMath.sigmoid(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, ScalarMath.sigmoid(v));
    }
  }

  private static void logSigmoid(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      VectorMath.logSigmoid(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, ScalarMath.logSigmoid(v));
    }
  }

  private static void silu(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      VectorMath.silu(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, ScalarMath.silu(v));
    }
  }

  private static void square(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      v.mul(v).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, v * v);
    }
  }

  private static void abs(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      v.abs().intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, Math.abs(v));
    }
  }

  private static void relu(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      v.blend(0f, v.compare(VectorOperators.LT, 0f)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      set(y, yo + 4 * i, v < 0 ? 0f : v);
    }
  }

  private static void sign(MemorySegment x, long xo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector s = v.blend(1f, v.compare(VectorOperators.GT, 0f));
      s.blend(-1f, v.compare(VectorOperators.LT, 0f)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      set(y, yo + 4 * i, Math.signum(get(x, xo + 4 * i)));
    }
  }
}
