package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Log-probability of target ids under softmax(h w^T), in chunks, without logits for the whole
/// batch. Inputs: h [T, C], w [V, C], targets i32 [T], and a tensor [T, 3] that is filled with
/// log-sum-exp, entropy and top-1 hit of each row; output [T]. These two are of the statistics'
/// type. A frozen w may be of a narrower type than h.
record LinearLogProb() implements Op {
  /// So many logits are kept for the backward pass (128 MiB in f32) instead of being computed
  /// again; the bits are the same.
  private static final long KEPT = 1 << 25;

  @Override
  public Tensor forward(Call c) {
    Shape h = c.in(0).shape();
    Shape w = c.in(1).shape();
    boolean fits =
        h.rank() == 2
            && w.rank() == 2
            && h.dim(1) == w.dim(1)
            && c.isWeight(1)
            && c.in(2).dtype() == DType.I32
            && c.in(2).size() == h.dim(0)
            && c.in(3).shape().equals(Shape.of(h.dim(0), 3));
    if (!fits) {
      throw c.mismatch("needed are h [T, C], w [V, C], targets i32 [T], statistics [T, 3]");
    }
    c.requireFrozen(1);
    Tensor y = c.statistics(Shape.of(h.dim(0)));
    boolean keep = c.needsAny() && h.dim(0) * w.dim(0) <= KEPT;
    Tensor logits = keep ? c.statistics(Shape.of(h.dim(0), w.dim(0))) : null;
    try (Scope _ = Scope.open()) {
      c.backend().linearLogProb(c.in(0), c.weight(1), c.in(2), y, c.in(3), logits);
    }
    if (logits != null) {
      c.save(logits);
    }
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    if (c.needs(0) && c.needs(1)) {
      c.into(0, (gh, addH) -> c.into(1, (gw, addW) -> run(c, gy, gh, addH, gw, addW)));
    } else if (c.needs(0)) {
      c.into(0, (gh, addH) -> run(c, gy, gh, addH, null, false));
    } else {
      c.into(1, (gw, addW) -> run(c, gy, null, false, gw, addW));
    }
  }

  private static void run(
      Call c, Tensor gy, @Nullable Tensor gh, boolean addH, @Nullable Tensor gw, boolean addW) {
    c.backend()
        .linearLogProbBackward(
            c.in(0), c.weight(1), c.in(2), c.in(3), c.savedOrNull(0), gy, gh, addH, gw, addW);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        sized(5, 7, 13), sized(1, 1, 1), sized(0, 4, 9), sized(33, 16, 65), sized(3, 48, 384));
  }

  private OpCase sized(int t, int c, int v) {
    return OpCase.of(this).uniform(-1, 1, t, c).uniform(-1, 1, v, c).ids(v, t).output(t, 3);
  }

  /// The head of a small model on 256 tokens.
  @Override
  public OpCase benchCase() {
    return sized(256, 288, 4096);
  }

  /// The logits; backward they were kept, and two products follow.
  @Override
  public Work work(OpCase c) {
    Shape h = c.inputs().get(0).shape();
    long flops = 2 * h.size() * c.inputs().get(1).shape().dim(0);
    return Work.moving(c, h.dim(0)).computing(flops, 2 * flops);
  }
}
