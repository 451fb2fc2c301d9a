package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// y[i] = table[ids[i]]: embedding look-up, or a choice of rows. The gradient is summed in the
/// order of i.
///
/// @param type of y; null for the table's. A table of a narrower type is widened and gets no
///   gradient.
record Gather(@Nullable DType type) implements Op {
  @Override
  public String name() {
    return "gather";
  }

  @Override
  public Tensor forward(Call c) {
    Shape table = c.in(0).shape();
    if (table.rank() == 0 || c.in(1).dtype() != DType.I32 || c.in(1).shape().rank() != 1) {
      throw c.mismatch("a table and a list of i32 ids are needed");
    }
    Shape shape = table.withFirst(c.in(1).size());
    DType stored = c.in(0).dtype();
    if (type == null || type == stored) {
      Tensor y = c.empty(shape);
      c.backend().gatherRows(c.in(0), c.in(1), y);
      return y;
    }
    if (c.in(0).tracked()) {
      throw new IllegalArgumentException(
          "gather: %s gets no gradient where its rows become %s; make it %s to train it"
              .formatted(c.in(0), type, type));
    }
    Tensor y = c.empty(type, shape);
    if (c.backend().takesNarrowWeights(type)) {
      c.backend().gatherRows(c.in(0), c.in(1), y);
    } else {
      try (Scope _ = Scope.open()) {
        Tensor rows = c.empty(shape);
        c.backend().gatherRows(c.in(0), c.in(1), rows);
        c.backend().copy(rows, y);
      }
    }
    return y;
  }

  @Override
  public void backward(Call c, Tensor gy) {
    c.into(
        0,
        (g, accumulate) -> {
          if (!accumulate) {
            c.backend().fill(g, 0);
          }
          c.backend().scatterAddRows(gy, c.in(1), g);
        });
  }

  @Override
  public List<OpCase> cases() {
    return List.of(
        OpCase.of(this).uniform(-1, 1, 5, 7).ids(5, 11),
        OpCase.of(this).uniform(-1, 1, 33, 16).ids(33, 1),
        OpCase.of(this).uniform(-1, 1, 3, 17).ids(3, 0),
        OpCase.of(this).uniform(-1, 1, 9).ids(9, 4));
  }

  /// The embedding of 1024 tokens.
  @Override
  public OpCase benchCase() {
    return OpCase.of(this).uniform(-1, 1, 8192, 768).ids(8192, 1024);
  }

  /// Rows that are read, and written.
  @Override
  public Work work(OpCase c) {
    long rows = c.inputs().get(1).shape().size();
    return new Work(rows * (2 * c.inputs().get(0).shape().stride() + 1) * Float.BYTES, 0, 0);
  }
}
