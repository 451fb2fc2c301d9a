package dev.gavel.tensor.op;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// y = x / sqrt(mean(x^2) + eps) * w over the last dimension (Zhang & Sennrich, arXiv 1910.07467).
record RmsNorm(double eps) implements Op {
  @Override
  public Tensor forward(Call c) {
    Shape x = c.in(0).shape();
    if (x.rank() == 0 || !c.in(1).shape().equals(Shape.of(x.last()))) {
      throw c.mismatch("the weight needs the last dimension of the input");
    }
    Tensor y = c.empty(x);
    Tensor rstd = c.statistics(Shape.of(x.rows()));
    c.backend().rmsNorm(c.in(0), c.in(1), eps, y, rstd);
    c.save(rstd);
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    Tensor x = c.in(0);
    Tensor w = c.in(1);
    Tensor unused = c.needs(0) && c.needs(1) ? x : c.empty(Shape.of(Math.max(x.size(), w.size())));
    c.into(
        0,
        (gx, addX) -> {
          if (c.needs(1)) {
            c.into(1, (gw, addW) -> run(c, gy, gx, addX, gw, addW));
          } else {
            run(c, gy, gx, addX, unused.rows(0, w.size()), false);
          }
        });
    if (!c.needs(0)) {
      c.into(
          1, (gw, addW) -> run(c, gy, unused.rows(0, x.size()).view(x.shape()), false, gw, addW));
    }
  }

  private static void run(Call c, Tensor gy, Tensor gx, boolean addX, Tensor gw, boolean addW) {
    c.backend().rmsNormBackward(c.in(0), c.in(1), c.saved(0), gy, gx, addX, gw, addW);
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-2, 2, 3, 37).uniform(0.5, 1.5, 37),
        OpCase.of(this).uniform(-2, 2, 1, 1).uniform(0.5, 1.5, 1),
        OpCase.of(this).uniform(-2, 2, 0, 8).uniform(0.5, 1.5, 8),
        OpCase.of(this).uniform(-2, 2, 70, 16).uniform(0.5, 1.5, 16),
        OpCase.of(this).uniform(-2, 2, 2, 129).uniform(0.5, 1.5, 129));
  }

  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-2, 2, 1024, 1024).uniform(0.5, 1.5, 1024);
  }
}
