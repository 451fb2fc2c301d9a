package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/// gx = gy f'(x), or gx += gy f'(x), element by element, for the functions of [UnaryKernels].
///
/// `v` is y where the function says `fromOutput`, else x; gx may be the memory of gy.
final class UnaryGradients {
  private UnaryGradients() {}

  /// Elements `from .. to - 1` of the tensors that begin at byte `vo` of v, `go` of gy, `xo` of gx.
  static void apply(
      UnaryKernels.Op op,
      MemorySegment v,
      long vo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long xo,
      long from,
      long to,
      boolean add) {
    long a = vo + 4 * from;
    long b = go + 4 * from;
    long c = xo + 4 * from;
    long n = to - from;
    switch (op) {
      case NEG -> neg(v, a, gy, b, gx, c, n, add);
      case EXP -> exp(v, a, gy, b, gx, c, n, add);
      case LOG -> log(v, a, gy, b, gx, c, n, add);
      case SQRT -> sqrt(v, a, gy, b, gx, c, n, add);
      case RECIPROCAL -> reciprocal(v, a, gy, b, gx, c, n, add);
      case SIGMOID -> sigmoid(v, a, gy, b, gx, c, n, add);
      case LOG_SIGMOID -> logSigmoid(v, a, gy, b, gx, c, n, add);
      case SILU -> silu(v, a, gy, b, gx, c, n, add);
      case SQUARE -> square(v, a, gy, b, gx, c, n, add);
      case ABS -> abs(v, a, gy, b, gx, c, n, add);
      case RELU -> relu(v, a, gy, b, gx, c, n, add);
    }
  }

  private static void store(FloatVector g, MemorySegment gx, long offset, boolean add) {
    (add ? g.add(load(gx, offset)) : g).intoMemorySegment(gx, offset, LE);
  }

  private static void store(float g, MemorySegment gx, long offset, boolean add) {
    set(gx, offset, add ? g + get(gx, offset) : g);
  }

  private static void neg(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector g = load(gy, go + 4 * i);
      store(g.neg(), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float g = get(gy, go + 4 * i);
      store(-g, gx, to + 4 * i, add);
    }
  }

  private static void exp(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(v), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * v, gx, to + 4 * i, add);
    }
  }

  private static void log(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.div(v), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g / v, gx, to + 4 * i, add);
    }
  }

  private static void sqrt(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(0.5f).div(v), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * 0.5f / v, gx, to + 4 * i, add);
    }
  }

  private static void reciprocal(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(v.mul(v)).neg(), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(-(g * (v * v)), gx, to + 4 * i, add);
    }
  }

  private static void sigmoid(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(v.mul(FloatVector.broadcast(F, 1f).sub(v))), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * (v * (1f - v)), gx, to + 4 * i, add);
    }
  }

  private static void logSigmoid(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(VectorMath.sigmoid(v.neg())), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * ScalarMath.sigmoid(-v), gx, to + 4 * i, add);
    }
  }

  private static void silu(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(VectorMath.siluDerivative(v)), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * ScalarMath.siluDerivative(v), gx, to + 4 * i, add);
    }
  }

  private static void square(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.mul(v.add(v)), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(g * (v + v), gx, to + 4 * i, add);
    }
  }

  private static void abs(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(
          g.blend(0f, v.compare(VectorOperators.EQ, 0f))
              .blend(g.neg(), v.compare(VectorOperators.LT, 0f)),
          gx,
          to + 4 * i,
          add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(v == 0 ? 0f : v < 0 ? -g : g, gx, to + 4 * i, add);
    }
  }

  private static void relu(
      MemorySegment x,
      long xo,
      MemorySegment gy,
      long go,
      MemorySegment gx,
      long to,
      long n,
      boolean add) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      FloatVector v = load(x, xo + 4 * i);
      FloatVector g = load(gy, go + 4 * i);
      store(g.blend(0f, v.compare(VectorOperators.LE, 0f)), gx, to + 4 * i, add);
    }
    for (; i < n; i++) {
      float v = get(x, xo + 4 * i);
      float g = get(gy, go + 4 * i);
      store(v <= 0 ? 0f : g, gx, to + 4 * i, add);
    }
  }
}
