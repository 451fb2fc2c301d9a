package dev.gavel.tensor.op;

import dev.gavel.tensor.Tensor;
import java.util.List;

/// Rows `from .. to-1` along the first dimension, without a copy.
record Slice(long from, long to) implements Op {
  @Override
  public Tensor forward(Call c) {
    return c.in(0).rows(from, to);
  }

  @Override
  public void backward(Call c, Tensor gy) {
    c.into(
        0,
        (g, accumulate) -> {
          if (!accumulate) {
            c.backend().fill(g, 0);
          }
          try (Tensor part = g.rows(from, to)) {
            c.backend().axpby(1, gy, 1, part);
          }
        });
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-1, 1, to + 3, 17), OpCase.of(this).uniform(-1, 1, to, 1));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-1, 1, 1024, 1024);
  }

  @Override
  public Work work(OpCase c) {
    return Work.NONE;
  }
}
