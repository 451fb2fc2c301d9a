package dev.gavel.tensor.op;

import dev.gavel.tensor.Tensor;
import java.util.List;

/// y = silu(gate) * up (Shazeer, arXiv 2002.05202).
record SwiGlu() implements Op {
  @Override
  public Tensor forward(Call c) {
    if (!c.in(0).shape().equals(c.in(1).shape())) {
      throw c.mismatch("gate and up need one shape");
    }
    Tensor y = c.empty(c.in(0).shape());
    c.backend().swiGlu(c.in(0), c.in(1), y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor gGate = c.empty(gy.shape());
    Tensor gUp = c.empty(gy.shape());
    c.backend().swiGluBackward(c.in(0), c.in(1), gy, gGate, gUp);
    c.add(0, gGate);
    c.add(1, gUp);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-6, 6, 3, 37).uniform(-2, 2, 3, 37),
        OpCase.of(this).uniform(-6, 6, 0).uniform(-2, 2, 0),
        OpCase.of(this).uniform(-6, 6, 1, 1).uniform(-2, 2, 1, 1),
        OpCase.of(this).uniform(-6, 6, 5, 160).uniform(-2, 2, 5, 160));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-6, 6, 1024, 2048).uniform(-2, 2, 1024, 2048);
  }
}
