package dev.gavel.tensor.op;

import dev.gavel.tensor.Tensor;
import java.util.List;

/// y = alpha * x + shift with constants.
record Affine(double alpha, double shift) implements Op {
  @Override
  public Tensor forward(Call c) {
    Tensor y = c.empty(c.in(0).shape());
    c.backend().affine(alpha, c.in(0), shift, y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    if (alpha == 1) {
      c.pass(0, gy);
    } else {
      c.into(0, (g, accumulate) -> c.backend().axpby(alpha, gy, accumulate ? 1 : 0, g));
    }
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-3, 3, 3, 37),
        OpCase.of(this).uniform(-3, 3, 0),
        OpCase.of(this).uniform(-3, 3, 16));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-3, 3, 1024, 1024);
  }
}
