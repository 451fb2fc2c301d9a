package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import dev.gavel.tensor.spi.BinaryOp;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// Element-wise kernels beside the families of [UnaryKernels] and [BinaryKernels]: fill, copy,
/// scale, axpby, SwiGLU. Ranges are elements `from .. to - 1` of tensors that begin at the given
/// bytes; an element's bits depend on that element only.
final class ElementKernels {
  private ElementKernels() {}

  static void fill(MemorySegment y, long yo, float value, long from, long to) {
    FloatVector v = FloatVector.broadcast(F, value);
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      v.intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < to; i++) {
      set(y, yo + 4 * i, value);
    }
  }

  static void copy(MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    MemorySegment.copy(x, xo + 4 * from, y, yo + 4 * from, 4 * (to - from));
  }

  /// y = alpha x; x and y may be the same memory.
  static void scale(
      float alpha, MemorySegment x, long xo, MemorySegment y, long yo, long from, long to) {
    BinaryKernels.number(BinaryOp.MUL, x, xo, alpha, y, yo, from, to);
  }

  /// y = alpha x + shift, as one fma; x and y may be the same memory.
  static void affine(
      float alpha,
      MemorySegment x,
      long xo,
      float shift,
      MemorySegment y,
      long yo,
      long from,
      long to) {
    FloatVector a = FloatVector.broadcast(F, alpha);
    FloatVector b = FloatVector.broadcast(F, shift);
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      load(x, xo + 4 * i).fma(a, b).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < to; i++) {
      set(y, yo + 4 * i, Math.fma(get(x, xo + 4 * i), alpha, shift));
    }
  }

  /// y = alpha x + beta y, as fma(alpha, x, beta y). beta = 0 overwrites y whatever it held.
  static void axpby(
      float alpha,
      MemorySegment x,
      long xo,
      float beta,
      MemorySegment y,
      long yo,
      long from,
      long to) {
    if (beta == 0) {
      scale(alpha, x, xo, y, yo, from, to);
      return;
    }
    FloatVector a = FloatVector.broadcast(F, alpha);
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      FloatVector old = load(y, yo + 4 * i).mul(beta);
      load(x, xo + 4 * i).fma(a, old).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < to; i++) {
      set(y, yo + 4 * i, Math.fma(get(x, xo + 4 * i), alpha, get(y, yo + 4 * i) * beta));
    }
  }

  /// y = silu(g) u. y may be the memory of g or u.
  static void swiGlu(
      MemorySegment g,
      long go,
      MemorySegment u,
      long uo,
      MemorySegment y,
      long yo,
      long from,
      long to) {
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      FloatVector x = load(g, go + 4 * i);
      FloatVector up = load(u, uo + 4 * i); // here: its check would else stand behind branches
      VectorMath.silu(x).mul(up).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < to; i++) {
      set(y, yo + 4 * i, ScalarMath.silu(get(g, go + 4 * i)) * get(u, uo + 4 * i));
    }
  }

  /// Gradients of [#swiGlu]: gg = gy u silu'(g), gu = gy silu(g), overwriting. gg and gu may be the
  /// memory of g, u or gy.
  static void swiGluBackward(
      MemorySegment g,
      long go,
      MemorySegment u,
      long uo,
      MemorySegment gy,
      long gyo,
      MemorySegment gg,
      long ggo,
      MemorySegment gu,
      long guo,
      long from,
      long to) {
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      FloatVector x = load(g, go + 4 * i);
      FloatVector d = load(gy, gyo + 4 * i);
      FloatVector du = d.mul(load(u, uo + 4 * i));
      FloatVector s = VectorMath.sigmoid(x);
      FloatVector y = x.mul(s);
      FloatVector slope = y.fma(FloatVector.broadcast(F, 1f).sub(s), s);
      du.mul(slope).intoMemorySegment(gg, ggo + 4 * i, LE);
      d.mul(y).intoMemorySegment(gu, guo + 4 * i, LE);
    }
    for (; i < to; i++) {
      float x = get(g, go + 4 * i);
      float d = get(gy, gyo + 4 * i);
      float du = d * get(u, uo + 4 * i);
      float s = ScalarMath.sigmoid(x);
      float y = x * s;
      set(gg, ggo + 4 * i, du * Math.fma(y, 1f - s, s));
      set(gu, guo + 4 * i, d * y);
    }
  }
}
