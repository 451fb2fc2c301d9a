package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import dev.gavel.tensor.spi.Backend.AdamWStep;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// AdamW with decoupled decay, and the sum of squares that clipping needs.
final class OptimizerKernels {
  /// Elements of one block of [#sumOfSquares]; a gradient's norm adds its blocks in order.
  static final int SQUARES_BLOCK = 1 << 14;

  private OptimizerKernels() {}

  /// One step on elements `from .. to - 1` of parameter, gradient and moments, in the order of
  /// PyTorch's AdamW:
  ///
  ///     p = p (1 - rate decay)
  ///     m = m + (1 - beta1) (g - m)
  ///     v = beta2 v + (1 - beta2) g^2
  ///     p = p - rate / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
  ///
  /// Loshchilov and Hutter, "Decoupled Weight Decay Regularization", arXiv 1711.05101.
  static void adamW(
      AdamWStep s,
      MemorySegment p,
      long po,
      MemorySegment g,
      long go,
      MemorySegment m,
      long mo,
      MemorySegment v,
      long vo,
      long from,
      long to) {
    float gradScale = (float) s.gradScale();
    float keep = (float) (1 - s.learningRate() * s.weightDecay());
    float mix1 = (float) (1 - s.beta1());
    float beta2 = (float) s.beta2();
    float mix2 = (float) (1 - s.beta2());
    float step = (float) (s.learningRate() / s.correction1());
    float root = (float) Math.sqrt(s.correction2());
    float eps = (float) s.eps();
    FloatVector mix = FloatVector.broadcast(F, mix1);
    FloatVector back = FloatVector.broadcast(F, -step);
    long i = from;
    for (long end = to - L; i <= end; i += L) {
      FloatVector grad = load(g, go + 4 * i).mul(gradScale);
      FloatVector mean = load(m, mo + 4 * i);
      mean = grad.sub(mean).fma(mix, mean);
      FloatVector square = grad.mul(mix2).fma(grad, load(v, vo + 4 * i).mul(beta2));
      FloatVector denominator = square.sqrt().div(root).add(eps);
      FloatVector kept = load(p, po + 4 * i).mul(keep);
      mean.intoMemorySegment(m, mo + 4 * i, LE);
      square.intoMemorySegment(v, vo + 4 * i, LE);
      mean.div(denominator).fma(back, kept).intoMemorySegment(p, po + 4 * i, LE);
    }
    for (; i < to; i++) {
      float grad = get(g, go + 4 * i) * gradScale;
      float mean = get(m, mo + 4 * i);
      mean = Math.fma(grad - mean, mix1, mean);
      float square = Math.fma(grad * mix2, grad, get(v, vo + 4 * i) * beta2);
      float denominator = (float) Math.sqrt(square) / root + eps;
      set(m, mo + 4 * i, mean);
      set(v, vo + 4 * i, square);
      set(p, po + 4 * i, Math.fma(mean / denominator, -step, get(p, po + 4 * i) * keep));
    }
  }

  /// Sum of squares of block `block` of a tensor of `n` elements, `SQUARES_BLOCK` each.
  static double sumOfSquares(MemorySegment x, long xo, long n, long block) {
    long first = block * SQUARES_BLOCK;
    long at = xo + 4 * first;
    return RowSums.dot(x, at, x, at, (int) Math.min(SQUARES_BLOCK, n - first));
  }
}
