package dev.gavel.tensor.op;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import java.util.List;
import java.util.Locale;

/// y = f(a, b), element by element; `b` may be spread over `a` (see [Tensor#add(Tensor)]).
record Binary(BinaryOp function) implements Op {
  @Override
  public String name() {
    return function.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Tensor forward(Call c) {
    Shape a = c.in(0).shape();
    Shape b = c.in(1).shape();
    boolean fits =
        a.equals(b)
            || b.size() == 1
            || (b.size() == a.last() && b.last() == a.last())
            || (b.size() == a.rows() && b.last() == 1);
    if (!fits || c.in(0).dtype() != c.in(1).dtype()) {
      throw c.mismatch(
          "the second needs the first one's type and its shape, one element, its last dimension, or one element for each row");
    }
    Tensor y = c.empty(a);
    c.backend().binary(function, c.in(0), c.in(1), y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor a = c.in(0);
    Tensor b = c.in(1);
    switch (function) {
      case ADD -> {
        c.pass(0, gy);
        spread(c, gy);
      }
      case SUB -> {
        c.pass(0, gy);
        if (c.needs(1)) {
          spread(c, gy.neg());
        }
      }
      case MUL -> {
        if (c.needs(0)) {
          c.add(0, gy.mul(b));
        }
        if (c.needs(1)) {
          spread(c, gy.mul(a));
        }
      }
      case DIV -> {
        if (c.needs(0)) {
          c.add(0, gy.div(b));
        }
        if (c.needs(1)) {
          spread(c, gy.mul(c.out()).div(b).neg());
        }
      }
      case MAX -> choose(c, gy, a.sub(b));
      case MIN -> choose(c, gy, a.sub(b).neg());
    }
  }

  /// Half of the gradient to each side where both are equal.
  private static void choose(Call c, Tensor gy, Tensor lead) {
    Tensor share = Ops.unary(UnaryOp.SIGN, lead).mul(0.5).add(0.5);
    c.add(0, gy.mul(share));
    spread(c, gy.mul(share.neg().add(1)));
  }

  /// Sums `g` over what the second input was spread over.
  private static void spread(Call c, Tensor g) {
    Shape a = c.in(0).shape();
    Shape b = c.in(1).shape();
    if (a.equals(b)) {
      c.pass(1, g);
    } else if (b.size() == 1) {
      c.add(1, Ops.sum(g, Axis.ALL).view(b));
    } else {
      c.add(1, Ops.sum(g, b.last() == 1 ? Axis.LAST : Axis.ROWS).view(b));
    }
  }

  @Override
  public List<OpCase> cases() {
    double low = low();
    return List.of(
        OpCase.of(this).uniform(-3, 3, 3, 37).uniform(low, 3, 3, 37),
        OpCase.of(this).uniform(-3, 3, 0).uniform(low, 3, 0),
        OpCase.of(this).uniform(-3, 3, 1).uniform(low, 3, 1),
        OpCase.of(this).uniform(-3, 3, 2, 5, 17).uniform(low, 3, 1),
        OpCase.of(this).uniform(-3, 3, 7, 33).uniform(low, 3, 33),
        OpCase.of(this).uniform(-3, 3, 7, 31).uniform(low, 3, 7, 1),
        OpCase.of(this).uniform(-3, 3, 16).uniform(low, 3, 16));
  }

  private double low() {
    return function == BinaryOp.DIV ? 0.5 : -3;
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-3, 3, 1024, 1024).uniform(low(), 3, 1024, 1024);
  }
}
