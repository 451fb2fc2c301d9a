package dev.gavel.tensor;

import dev.gavel.tensor.op.Call;
import dev.gavel.tensor.op.Op;
import dev.gavel.tensor.op.OpCase;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A block whose inside is computed again in the backward pass (Chen et al., arXiv 1604.06174).
record Checkpoint(Function<Tensor, Tensor> block) implements Op {
  @Override
  public Tensor forward(Call c) {
    return Tape.paused(() -> {
      try (Scope scope = Scope.open()) {
        return scope.keep(block.apply(c.in(0)));
      }
    });
  }

  @Override
  public void backward(Call c, Tensor gy) {
    try (Tape tape = Tape.record()) {
      Tensor x = tape.watch(c.in(0));
      tape.backwardFrom(block.apply(x), gy);
      @Nullable Tensor g = tape.gradientOf(x);
      if (g != null && c.needs(0)) {
        c.into(0, (to, accumulate) -> c.backend().axpby(1, g, accumulate ? 1 : 0, to));
      }
    }
  }

  @Override
  public List<OpCase> cases() {
    return List.of();
  }
}
