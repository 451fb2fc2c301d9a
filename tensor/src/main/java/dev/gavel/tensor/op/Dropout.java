package dev.gavel.tensor.op;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.DropoutMask;
import java.util.List;

/// y = x m / (1 - p), where m is 0 with probability p, else 1 (Srivastava et al., JMLR 15, 2014).
/// The mask is a function of its key and of the element's place, so it is not kept: whoever runs
/// the same op again gets the same one.
record Dropout(DropoutMask mask) implements Op {
  @Override
  public Tensor forward(Call c) {
    Tensor y = c.empty(c.in(0).shape());
    c.backend().dropout(c.in(0), mask, y, false);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    c.into(0, (g, accumulate) -> c.backend().dropout(gy, mask, g, accumulate));
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-3, 3, 3, 37),
        OpCase.of(this).uniform(-3, 3, 0, 4),
        OpCase.of(this).uniform(-3, 3, 70, 513));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-3, 3, 1024, 1024);
  }
}
