package dev.gavel.tensor.op;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// The same elements under another shape, without a copy.
record Reshape(Shape shape) implements Op {
  @Override
  public Tensor forward(Call c) {
    if (shape.size() != c.in(0).size()) {
      throw c.mismatch("it has not as many elements as " + shape);
    }
    return c.in(0).view(shape);
  }

  @Override
  public void backward(Call c, Tensor gy) {
    c.pass(0, gy.view(c.in(0).shape()));
  }

  @Override
  public List<OpCase> cases() {
    return List.of(OpCase.of(this).uniform(-1, 1, shape.size()));
  }

  @Override
  public Work work(OpCase c) {
    return Work.NONE;
  }
}
