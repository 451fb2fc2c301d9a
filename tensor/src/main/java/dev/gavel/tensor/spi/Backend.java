package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The operations that a device provides. Tensors here are plain arrays: no gradients, no
/// broadcasting but what is said, outputs allocated by the caller and never overlapping inputs
/// unless a method says so. Shapes were checked by the ops that call.
///
/// Where a method has an `accumulate` flag, true adds to what stands in the output, false
/// overwrites it.
public interface Backend extends AutoCloseable {
  /// What runs, for logs and tests: `reference`, `vector-512`.
  String name();

  @Override
  void close();

  // ---------------------------------------------------------------- memory

  /// Memory with unspecified content, 64-byte aligned.
  Buffer allocate(long bytes);

  void free(Buffer buffer);

  /// Bytes now handed out, and the most that ever were.
  MemoryUse memory();

  /// Bytes of the device's own memory that are free; empty where tensors live in the machine's.
  default OptionalLong freeMemory() {
    return OptionalLong.empty();
  }

  /// @param current bytes handed out now
  /// @param peak the most bytes ever handed out at once
  record MemoryUse(long current, long peak) {}

  /// Copies raw elements of `y`'s type from host memory.
  void upload(MemorySegment source, Tensor y);

  /// Copies raw elements of `x`'s type to host memory.
  void download(Tensor x, MemorySegment target);

  /// y = x, converted to `y`'s type (nearest, ties to even; f64 to bf16 by way of f32).
  void copy(Tensor x, Tensor y);

  void fill(Tensor y, double value);

  // ---------------------------------------------------------------- element-wise and reductions

  /// y = op(x); `y` may be `x`.
  void unary(UnaryOp op, Tensor x, Tensor y);

  /// y = op(a, b), where `b` has a's shape, or one element, or a's last dimension (for every row),
  /// or one element for each row of `a` (shape with last dimension 1). `y` may be `a`.
  void binary(BinaryOp op, Tensor a, Tensor b, Tensor y);

  /// y = alpha * x + beta * y; with beta 0 what stood in `y` is not read.
  void axpby(double alpha, Tensor x, double beta, Tensor y);

  /// y = alpha * x + shift; `y` may be `x`.
  void affine(double alpha, Tensor x, double shift, Tensor y);

  /// y (+)= x m / (1 - p), where the mask m is 0 or 1.
  default void dropout(Tensor x, DropoutMask mask, Tensor y, boolean accumulate) {
    float[] kept = new float[Math.toIntExact(x.size())];
    Rng.mask(mask.seed(), mask.stream(), 0, mask.p(), kept, kept.length);
    try (Scope _ = Scope.open()) {
      Tensor m = x.device().of(kept, x.shape());
      Tensor masked = x.device().empty(x.dtype(), x.shape());
      binary(BinaryOp.MUL, x, m.dtype() == x.dtype() ? m : m.to(x.dtype()), masked);
      axpby(mask.scale(), masked, accumulate ? 1 : 0, y);
    }
  }

  /// Sum along `axis`.
  void sum(Tensor x, Axis axis, Tensor y);

  /// Maximum of each row; `index` gets the first position that holds it (i32).
  void rowMax(Tensor x, Tensor y, Tensor index);

  /// Sum of squares of all elements, in double.
  double sumOfSquares(Tensor x);

  /// Sum of squares of all elements of all tensors: a device answers once.
  default double sumOfSquares(List<Tensor> all) {
    double sum = 0;
    for (Tensor x : all) {
      sum += sumOfSquares(x);
    }
    return sum;
  }

  // ---------------------------------------------------------------- rows by index

  /// Whether the methods that say so take a weight of a narrower float type than the `type` of what
  /// stands beside it, and widen it on the way. The bits are those of a widened copy; where this is
  /// false, the ops make one.
  default boolean takesNarrowWeights(DType type) {
    return false;
  }

  /// y[i] = table[ids[i]]; ids are i32 within the table, which may be narrower than y.
  void gatherRows(Tensor table, Tensor ids, Tensor y);

  /// table[ids[i]] += x[i], equal ids in the order of i.
  void scatterAddRows(Tensor x, Tensor ids, Tensor table);

  // ---------------------------------------------------------------- matrix product

  /// y (+)= op(a) op(b), where op transposes on request; all are matrices, a and b of one type, y
  /// of it or of its statistics' type. A frozen b may be narrower.
  void matmul(Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean accumulate);

  // ---------------------------------------------------------------- fused

  /// y = x / sqrt(mean(x^2) + eps) * w for each row; `rstd`, of the statistics' type, gets 1 /
  /// sqrt(mean(x^2) + eps).
  void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd);

  /// Gradients of [#rmsNorm].
  void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean accumulateX,
      Tensor gw,
      boolean accumulateW);

  /// Rotates the pairs (i, i + D/2) of each head of `x` [T, H, D] by the angle of its position.
  ///
  /// @param cos f32 or f64 [positions, D/2]
  /// @param positions i32 [T]
  /// @param inverse by the negative angle: the gradient
  void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y);

  /// y = silu(gate) * up.
  void swiGlu(Tensor gate, Tensor up, Tensor y);

  /// Gradients of [#swiGlu], overwriting.
  void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp);

  /// Causal grouped-query attention inside each sequence, scores scaled by 1 / sqrt(D).
  ///
  /// @param q [T, H, D]
  /// @param k [T, KV, D], and v; KV divides H
  /// @param y [T, H, D]
  /// @param lse [T, H], of the statistics' type: log of the sum of exp(scores)
  void attention(Tensor q, Tensor k, Tensor v, Ragged batch, Tensor y, Tensor lse);

  /// Gradients of [#attention], overwriting.
  void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      Tensor y,
      Tensor lse,
      Tensor gy,
      Ragged batch,
      Tensor gq,
      Tensor gk,
      Tensor gv);

  /// Log-probability of a target under softmax(h w^T), without keeping the logits.
  ///
  /// @param h [T, C]
  /// @param w [V, C]; if frozen it may be narrower than h
  /// @param targets i32 [T]
  /// @param y [T], of the statistics' type: natural logarithm of the target's probability
  /// @param stats [T, 3], of the statistics' type: log of the sum of exp(logits), entropy of the
  ///   distribution (nats), 1 if the target is the arg-max (the lower id on equal logits)
  /// @param keep room for the logits [T, V] in the statistics' type, so that the derivative need
  ///   not compute them again; or null
  void linearLogProb(
      Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep);

  /// The same from logits [T, V] that are at hand.
  void logProb(Tensor logits, Tensor targets, Tensor y, Tensor stats);

  /// y = softmax(x / temperature) for each row.
  void softmax(Tensor x, double temperature, Tensor y);

  /// Gradients of [#linearLogProb]'s y.
  ///
  /// @param kept the logits that the forward pass kept, or null; used up
  /// @param gh null where it is not wanted
  /// @param gw null where it is not wanted
  void linearLogProbBackward(
      Tensor h,
      Tensor w,
      Tensor targets,
      Tensor stats,
      @Nullable Tensor kept,
      Tensor gy,
      @Nullable Tensor gh,
      boolean accumulateH,
      @Nullable Tensor gw,
      boolean accumulateW);

  /// One step of AdamW (Loshchilov & Hutter, arXiv 1711.05101) in PyTorch's order: p -= lr * decay
  /// * p; then Adam with denominator sqrt(v) / sqrt(1 - beta2^t) + eps. The gradient is read as
  ///   `gradScale * g`.
  ///
  /// @param p f32 or f64, as m and v
  /// @param g of any float type
  /// @param rounded bf16: gets p, as the weights that the next step computes with; or null
  void adamW(Tensor p, Tensor g, Tensor m, Tensor v, @Nullable Tensor rounded, AdamWStep step);

  /// @param gradScale factor of clipping
  /// @param correction1 1 - beta1^t
  /// @param correction2 1 - beta2^t
  record AdamWStep(
      double learningRate,
      double beta1,
      double beta2,
      double eps,
      double weightDecay,
      double gradScale,
      double correction1,
      double correction2) {}

  // ---------------------------------------------------------------- weights at rest

  /// Room for a matrix [rows, columns] in the form that [#linear] likes best; filled by
  /// [PackedMatrix#put]. The one operation, with `put`, that several threads may use at once.
  ///
  /// @param type of the elements that `put` brings
  /// @param arithmetic of the activations that it will be multiplied with
  PackedMatrix pack(DType type, DType arithmetic, long rows, long columns);

  /// y [M, N] = x [M, C] w^T; y of x's type or of its statistics' type.
  void linear(Tensor x, PackedMatrix w, Tensor y);

  /// ys[i] = x ws[i]^T for each i, with the bits of [#linear] one by one.
  default void linear(Tensor x, List<PackedMatrix> ws, List<Tensor> ys) {
    for (int i = 0; i < ws.size(); i++) {
      linear(x, ws.get(i), ys.get(i));
    }
  }

  /// y = residual + x w^T, the product rounded to y's type before: the bits of [#linear] and
  /// [#binary].
  ///
  /// @param residual [M, N], of x's type as y is
  default void linearAdd(Tensor x, PackedMatrix w, Tensor residual, Tensor y) {
    linear(x, w, y);
    binary(BinaryOp.ADD, y, residual, y);
  }

  /// y = silu(x gate^T) * (x up^T), both products rounded to y's type before: the bits of [#linear]
  /// and [#swiGlu].
  ///
  /// @param y [M, N], of x's type
  default void linearSwiGlu(Tensor x, PackedMatrix gate, PackedMatrix up, Tensor y) {
    try (Scope _ = Scope.open()) {
      Tensor g = x.device().empty(y.dtype(), y.shape());
      Tensor u = x.device().empty(y.dtype(), y.shape());
      linear(x, List.of(gate, up), List.of(g, u));
      swiGlu(g, u, y);
    }
  }

  /// y[i] = w[ids[i]].
  void gatherRows(PackedMatrix w, Tensor ids, Tensor y);

  // ---------------------------------------------------------------- generation

  /// Runs a step of work whose operations are, most of the time, those of the step before with
  /// other numbers in them, as each next token is: a device may send them in one piece. The body
  /// runs once, in the thread that calls; a step inside a step is part of it.
  ///
  /// What a step computes has the same bits as without this.
  default <T> T step(Supplier<T> body) {
    return body.get();
  }

  /// Room for keys and values.
  ///
  /// @param arithmetic the type of the activations that are stored
  KvPool kvPool(DType arithmetic, int layers, int kvHeads, int headDim, int pages);

  /// Draws tokens where their distributions are, so that these need not come to the host.
  ///
  /// @param logits [R, V]
  /// @param asks what is drawn, from which rows
  /// @return the tokens and their log-probabilities; null where the backend leaves it to the host
  default TokenChoice @Nullable [] chooseTokens(Tensor logits, List<TokenAsk> asks) {
    return null;
  }

  /// How a token is drawn from a row of logits: softmax at the temperature, then top-k, top-p and
  /// min-p, each over what the one before has left, then the first id at which the running sum
  /// exceeds `u` times the rest.
  ///
  /// @param row of the logits
  /// @param temperature 0: the arg-max, of equal ones the lower id
  /// @param topK 0 is off
  /// @param topP 1 is off
  /// @param minP 0 is off
  /// @param u uniform in [0, 1)
  record TokenAsk(int row, double temperature, int topK, double topP, double minP, double u) {}

  /// @param id the token; -1 where the logits are not numbers
  /// @param logprob at temperature 1, nothing cut
  record TokenChoice(int id, double logprob) {}

  /// Stores k and v [T, KV, D] of the new tokens.
  void writeKv(KvPool pool, int layer, KvBatch batch, Tensor k, Tensor v);

  /// Attention of q [T, H, D] over what the pool holds, the new tokens included. A row of the
  /// result depends on its own sequence only; pages that sequences share are read once for all of
  /// them.
  void pagedAttention(Tensor q, KvPool pool, int layer, KvBatch batch, Tensor y);
}
