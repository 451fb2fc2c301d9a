package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.DropoutMask;
import dev.gavel.tensor.spi.UnaryOp;

/// The ops as methods. What needs no attribute of its own is also a method of [Tensor].
public final class Ops {
  private Ops() {}

  public static Tensor unary(UnaryOp function, Tensor x) {
    return new Unary(function).apply(x);
  }

  public static Tensor binary(BinaryOp function, Tensor a, Tensor b) {
    return new Binary(function).apply(a, b);
  }

  public static Tensor affine(Tensor x, double alpha, double shift) {
    return new Affine(alpha, shift).apply(x);
  }

  public static Tensor sum(Tensor x, Axis axis) {
    return new Sum(axis).apply(x);
  }

  public static Tensor matmul(Tensor a, boolean transA, Tensor b, boolean transB) {
    return new MatMul(transA, transB, false).apply(a, b);
  }

  /// x w^T in the statistics' type, so that f32 logits come from bf16 weights.
  public static Tensor logits(Tensor x, Tensor w) {
    return new MatMul(false, true, true).apply(x, w);
  }

  public static Tensor gather(Tensor table, Tensor ids) {
    return new Gather(null).apply(table, ids);
  }

  /// Rows of a frozen table in a wider type.
  public static Tensor gather(Tensor table, Tensor ids, DType type) {
    return new Gather(type).apply(table, ids);
  }

  /// x with some elements left out and the others scaled up; the mask is a function of its key.
  public static Tensor dropout(Tensor x, DropoutMask mask) {
    return new Dropout(mask).apply(x);
  }

  /// Sum over each of `segments`: x [T] to [S].
  public static Tensor segmentSum(Tensor x, Ragged segments) {
    return new SegmentSum(segments).apply(x);
  }

  public static Tensor reshape(Tensor x, Shape shape) {
    return new Reshape(shape).apply(x);
  }

  public static Tensor slice(Tensor x, long from, long to) {
    return new Slice(from, to).apply(x);
  }

  /// y = x / sqrt(mean(x^2) + eps) * w over the last dimension.
  public static Tensor rmsNorm(Tensor x, Tensor w, double eps) {
    return new RmsNorm(eps).apply(x, w);
  }

  /// Rotates the heads of x [T, H, D] by their positions; cos, sin [positions, D/2].
  public static Tensor rope(Tensor x, Tensor cos, Tensor sin, Tensor positions) {
    return new Rope().apply(x, cos, sin, positions);
  }

  /// silu(gate) * up.
  public static Tensor swiGlu(Tensor gate, Tensor up) {
    return new SwiGlu().apply(gate, up);
  }

  /// Causal grouped-query attention: q [T, H, D], k and v [T, KV, D] to [T, H, D].
  public static Tensor attention(Tensor q, Tensor k, Tensor v, Ragged batch) {
    return new Attention(batch).apply(q, k, v);
  }

  /// Log-probabilities of `targets` (i32 [T]) under softmax(h w^T): h [T, C], w [V, C].
  public static LogProbs linearLogProb(Tensor h, Tensor w, Tensor targets) {
    Tensor stats = h.device().empty(h.dtype().statistics(), Shape.of(h.shape().dim(0), 3));
    return new LogProbs(new LinearLogProb().apply(h, w, targets, stats), stats);
  }

  /// @param values [T]: natural logarithm of the targets' probabilities, with a gradient
  /// @param stats [T, 3]: log-sum-exp of the logits, entropy in nats, 1 where the target is the
  ///   most probable id
  public record LogProbs(Tensor values, Tensor stats) {}

  /// Largest element of each row and the first position that holds it; no gradient.
  public static RowMax rowMax(Tensor x) {
    Shape rows = Shape.of(x.shape().rows());
    RowMax r = new RowMax(x.device().empty(x.dtype(), rows), x.device().empty(DType.I32, rows));
    x.device().backend().rowMax(x, r.value(), r.index());
    return r;
  }

  /// @param value [R]
  /// @param index i32 [R]
  public record RowMax(Tensor value, Tensor index) {}
}
