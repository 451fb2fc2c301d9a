package dev.gavel.tensor;

import dev.gavel.tensor.op.Call;
import dev.gavel.tensor.op.Op;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Records what ops do with tracked tensors, so that [#backward] can run their derivatives in
/// reverse order. It is also a [Scope]: what is made while it is open is freed when it closes.
///
/// ```java
/// try (Tape tape = Tape.record()) {
///   Tensor loss = model.loss(batch);
///   tape.backward(loss, 1.0);
/// }                                     // parameters hold their gradients now
/// ```
public final class Tape implements AutoCloseable {
  private static final ThreadLocal<@Nullable Tape> CURRENT = new ThreadLocal<>();

  private final Scope scope = Scope.open();
  private final @Nullable Tape outer = CURRENT.get();
  private final List<Call> calls = new ArrayList<>();
  private final Map<Tensor, Gradient> gradients = new IdentityHashMap<>();

  private Tape() {}

  public static Tape record() {
    Tape tape = new Tape();
    CURRENT.set(tape);
    return tape;
  }

  /// Whether a tape of this thread is open and not paused.
  public static boolean recording() {
    return CURRENT.get() != null;
  }

  static @Nullable Tape current() {
    return CURRENT.get();
  }

  /// Runs an op and, where a tape follows one of its inputs, remembers it.
  public static Tensor apply(Op op, Tensor... inputs) {
    Tape tape = CURRENT.get();
    boolean follow = false;
    if (tape != null) {
      for (Tensor t : inputs) {
        follow |= t.tracked();
      }
    }
    Call call = new Call(op, inputs, follow ? tape : null);
    Tensor y = call.run();
    if (follow) {
      y.tape = tape;
      tape.calls.add(call);
    }
    return y;
  }

  /// Runs `body` without recording.
  public static <T> T paused(java.util.function.Supplier<T> body) {
    Tape tape = CURRENT.get();
    CURRENT.remove();
    try {
      return body.get();
    } finally {
      CURRENT.set(tape);
    }
  }

  /// Activation checkpointing: runs `block` without keeping what is inside, and runs it again when
  /// the gradient comes. Memory for time; the bits are the same.
  ///
  /// @param block a function of `x` and of parameters alone
  /// @param x may be one that the tape does not follow: the block's parameters get their gradients
  ///   all the same
  public static Tensor checkpoint(Function<Tensor, Tensor> block, Tensor x) {
    Tape tape = CURRENT.get();
    if (tape == null) {
      return block.apply(x);
    }
    return apply(new Checkpoint(block), x.tracked() ? x : tape.watch(x));
  }

  /// Adds `seed` times the derivative of `loss` to the gradients of all parameters that it depends
  /// on.
  ///
  /// @param loss a scalar made on this tape
  public void backward(Tensor loss, double seed) {
    if (loss.size() != 1) {
      throw new IllegalArgumentException("backward needs a scalar, found " + loss);
    }
    Tensor g = loss.device().full(loss.dtype(), loss.shape(), seed);
    backwardFrom(loss, g);
  }

  /// The same from the gradient of any output.
  public void backwardFrom(Tensor y, Tensor gy) {
    if (y.tape != this) {
      throw new IllegalStateException(y + " was not made on this tape, or depends on no parameter");
    }
    paused(() -> {
      gradients.put(y, new Gradient(gy, false));
      for (int i = calls.size() - 1; i >= 0; i--) {
        runBackward(calls.get(i));
      }
      return true;
    });
  }

  private void runBackward(Call call) {
    Gradient g = gradients.remove(call.out());
    if (g == null) {
      return;
    }
    try (Scope _ = Scope.open()) {
      call.backward(g.tensor, new Sink());
    }
    if (g.owned) {
      g.tensor.close();
    }
  }

  /// Where an op's derivative leaves the gradients of its inputs.
  private final class Sink implements Call.Gradients {
    @Override
    public void into(Tensor x, Call.Writer writer) {
      if (x.isParameter()) {
        Tensor have = x.grad();
        boolean accumulate = have != null;
        Tensor g =
            have != null ? have : Scope.outside(() -> x.device().empty(x.dtype(), x.shape()));
        g.named(x.name());
        writer.write(g, accumulate);
        x.setGrad(g);
        return;
      }
      Gradient have = gradients.get(x);
      if (have != null && have.owned) {
        writer.write(have.tensor, true);
        return;
      }
      Tensor g = x.device().empty(x.dtype(), x.shape());
      Scope.move(g, scope);
      if (have != null) {
        x.device().backend().copy(have.tensor, g);
      }
      writer.write(g, have != null);
      gradients.put(x, new Gradient(g, true));
    }

    @Override
    public void add(Tensor x, Tensor g) {
      if (x.isParameter() || gradients.containsKey(x)) {
        into(x, (to, accumulate) -> to.device().backend().axpby(1, g, accumulate ? 1 : 0, to));
      } else {
        Scope.move(g, scope);
        gradients.put(x, new Gradient(g, true));
      }
    }

    @Override
    public void pass(Tensor x, Tensor g) {
      if (x.isParameter() || gradients.containsKey(x)) {
        add(x, g);
      } else {
        Tensor alias = g.view(x.shape());
        Scope.move(alias, scope);
        gradients.put(x, new Gradient(alias, false));
      }
    }
  }

  /// @param owned nobody else reads it, so it may be added to in place
  private record Gradient(Tensor tensor, boolean owned) {}

  /// The gradient that reached a tensor which is no parameter, while a checkpointed block runs
  /// again.
  @Nullable Tensor gradientOf(Tensor x) {
    Gradient g = gradients.get(x);
    return g == null ? null : g.tensor;
  }

  /// Makes this tape follow `x` although no op made it.
  Tensor watch(Tensor x) {
    Tensor alias = x.view(x.shape());
    alias.tape = this;
    return alias;
  }

  @Override
  public void close() {
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
    calls.clear();
    gradients.clear();
    scope.close();
  }
}
