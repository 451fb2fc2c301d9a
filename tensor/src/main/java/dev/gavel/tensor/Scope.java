package dev.gavel.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Owns the tensors that its thread makes while it is open, and frees them when it closes. Scopes
/// nest; a tensor made outside every scope lives until [Tensor#close()].
///
/// ```java
/// try (Scope scope = Scope.open()) {
///   Tensor y = x.mul(2).add(1);
///   return scope.keep(y);      // y goes to the scope around this one, the product is freed
/// }
/// ```
public final class Scope implements AutoCloseable {
  private static final ThreadLocal<@Nullable Scope> CURRENT = new ThreadLocal<>();

  private final @Nullable Scope outer;
  private final Thread owner = Thread.currentThread();
  private List<Tensor> tensors = new ArrayList<>();

  private Scope(@Nullable Scope outer) {
    this.outer = outer;
  }

  public static Scope open() {
    Scope scope = new Scope(CURRENT.get());
    CURRENT.set(scope);
    return scope;
  }

  static void adopt(Tensor t) {
    Scope scope = CURRENT.get();
    if (scope != null) {
      scope.take(t);
    }
  }

  private void take(Tensor t) {
    tensors.add(t);
    t.scope = this;
  }

  /// Runs something whose tensors belong to no scope: parameters, gradients, optimizer state.
  public static <T> T outside(java.util.function.Supplier<T> body) {
    Scope scope = CURRENT.get();
    CURRENT.remove();
    try {
      return body.get();
    } finally {
      CURRENT.set(scope);
    }
  }

  /// Hands `t` to the scope around this one (or to nobody: then it must be closed by hand).
  public Tensor keep(Tensor t) {
    move(t, outer);
    return t;
  }

  /// Takes `t` from the scope that owns it.
  static void move(Tensor t, @Nullable Scope target) {
    Scope from = t.scope;
    if (from == target) {
      return;
    }
    if (from != null) {
      from.forget(t);
    }
    t.scope = null;
    if (target != null) {
      target.take(t);
    }
  }

  private void forget(Tensor t) {
    for (int i = tensors.size() - 1; i >= 0; i--) {
      if (tensors.get(i) == t) {
        tensors.remove(i);
        return;
      }
    }
  }

  @Override
  public void close() {
    if (Thread.currentThread() != owner || CURRENT.get() != this) {
      throw new IllegalStateException(
          "a scope must be closed by its own thread ("
              + owner.getName()
              + ") and before the scopes around it");
    }
    if (outer == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(outer);
    }
    List<Tensor> mine = tensors;
    tensors = new ArrayList<>();
    mine.forEach(Tensor::close);
  }
}
