package dev.gavel.tensor.op;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.UnaryOp;
import java.util.List;
import java.util.Locale;

/// y = f(x), element by element.
record Unary(UnaryOp function) implements Op {
  @Override
  public String name() {
    return function.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Tensor forward(Call c) {
    Tensor y = c.empty(c.in(0).shape());
    c.backend().unary(function, c.in(0), y);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    c.add(0, gy.mul(slope(c.in(0), c.out())));
  }

  private Tensor slope(Tensor x, Tensor y) {
    return switch (function) {
      case NEG -> constant(x, -1);
      case EXP -> y.mul(1);
      case LOG -> x.reciprocal();
      case SQRT -> y.reciprocal().mul(0.5);
      case RECIPROCAL -> y.square().neg();
      case SQUARE -> x.mul(2);
      case ABS -> Ops.unary(UnaryOp.SIGN, x);
      case RELU -> Ops.unary(UnaryOp.SIGN, y);
      case SIGMOID -> y.mul(y.neg().add(1));
      case LOG_SIGMOID -> x.neg().sigmoid();
      case SILU -> {
        Tensor s = x.sigmoid();
        yield s.add(y.mul(s.neg().add(1)));
      }
      case SIGN -> constant(x, 0);
    };
  }

  private static Tensor constant(Tensor like, double value) {
    return like.device().full(like.dtype(), like.shape(), value);
  }

  @Override
  public List<OpCase> cases() {
    double low = low();
    return List.of(
        OpCase.of(this).uniform(low, 6, 1),
        OpCase.of(this).uniform(low, 6, 0),
        OpCase.of(this).uniform(low, 6, 3, 37),
        OpCase.of(this).uniform(low, 6, 2, 1, 9),
        OpCase.of(this).uniform(low, 6, 15),
        OpCase.of(this).uniform(low, 6, 16),
        OpCase.of(this).uniform(low, 6, 17));
  }

  private double low() {
    return switch (function) {
      case LOG, SQRT, RECIPROCAL -> 0.3;
      default -> -6;
    };
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(low(), 6, 1024, 1024);
  }
}
