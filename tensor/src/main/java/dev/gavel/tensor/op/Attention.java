package dev.gavel.tensor.op;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// Causal grouped-query attention inside each sequence of a ragged batch (flash attention: Dao et
/// al., arXiv 2205.14135; GQA: Ainslie et al., arXiv 2305.13245). Inputs: q [T, H, D], k and v [T,
/// KV, D]; output [T, H, D].
record Attention(Ragged batch) implements Op {
  @Override
  public Tensor forward(Call c) {
    Shape q = c.in(0).shape();
    Shape k = c.in(1).shape();
    boolean fits =
        q.rank() == 3
            && k.rank() == 3
            && k.equals(c.in(2).shape())
            && q.dim(0) == batch.tokens()
            && k.dim(0) == batch.tokens()
            && q.dim(2) == k.dim(2)
            && k.dim(1) > 0
            && q.dim(1) % k.dim(1) == 0;
    if (!fits) {
      throw c.mismatch(
          "needed are q [T, H, D], k and v [T, KV, D] with T = %d tokens and KV a divisor of H"
              .formatted(batch.tokens()));
    }
    Tensor y = c.empty(q);
    Tensor lse = c.statistics(Shape.of(q.dim(0), q.dim(1)));
    c.backend().attention(c.in(0), c.in(1), c.in(2), batch, y, lse);
    c.save(lse);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor gq = c.empty(c.in(0).shape());
    Tensor gk = c.empty(c.in(1).shape());
    Tensor gv = c.empty(c.in(2).shape());
    c.backend()
        .attentionBackward(c.in(0), c.in(1), c.in(2), c.out(), c.saved(0), gy, batch, gq, gk, gv);
    c.add(0, gq);
    c.add(1, gk);
    c.add(2, gv);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        sized(2, 1, 4, 1),
        sized(4, 2, 16, 3, 0, 5),
        sized(2, 2, 12, 1, 1, 7),
        sized(6, 3, 24, 17, 2),
        sized(2, 1, 64, 65, 33),
        sized(3, 1, 48, 130));
  }

  private static OpCase sized(int heads, int kvHeads, int d, int... lengths) {
    Ragged batch = Ragged.ofLengths(lengths);
    int t = batch.tokens();
    return OpCase.of(new Attention(batch))
        .uniform(-2, 2, t, heads, d)
        .uniform(-2, 2, t, kvHeads, d)
        .uniform(-2, 2, t, kvHeads, d);
  }

  /// Two texts of 512 tokens in a model of 100 million weights.
  @Override
  public OpCase benchCase() {
    return sized(12, 4, 64, 512, 512);
  }

  /// Two products over the causal half of the pairs of tokens; backward one of them again and four
  /// more.
  @Override
  public Work work(OpCase c) {
    Shape q = c.inputs().get(0).shape();
    long pairs = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      pairs += batch.length(s) * (batch.length(s) + 1L) / 2;
    }
    long product = 2 * pairs * q.dim(1) * q.dim(2);
    return Work.moving(c, q.size()).computing(2 * product, 5 * product);
  }
}
