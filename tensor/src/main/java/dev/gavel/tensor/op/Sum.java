package dev.gavel.tensor.op;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import java.util.List;
import java.util.Locale;

/// Sum along an axis: ALL gives a scalar, LAST [R, C] to [R, 1], ROWS [R, C] to [C].
record Sum(Axis axis) implements Op {
  @Override
  public String name() {
    return "sum" + axis.name().charAt(0) + axis.name().substring(1).toLowerCase(Locale.ROOT);
  }

  @Override
  public Tensor forward(Call c) {
    Tensor x = c.in(0);
    Shape shape =
        switch (axis) {
          case ALL -> Shape.of();
          case LAST -> x.shape().withLast(1);
          case ROWS -> Shape.of(x.shape().last());
        };
    Tensor y = c.empty(shape);
    c.backend().sum(x, axis, y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor g = c.device().zeros(gy.dtype(), c.in(0).shape());
    c.backend().binary(BinaryOp.ADD, g, gy, g);
    c.add(0, g);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-3, 3, 3, 37),
        OpCase.of(this).uniform(-3, 3, 5, 0),
        OpCase.of(this).uniform(-3, 3, 1, 1),
        OpCase.of(this).uniform(-3, 3, 67, 15),
        OpCase.of(this).uniform(-3, 3, 129, 33));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-3, 3, 1024, 1024);
  }

  @Override
  public Work work(OpCase c) {
    return Work.moving(c, 0);
  }
}
