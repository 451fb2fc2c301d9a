package dev.gavel.llama;

import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.spi.DropoutMask;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What all adapted layers of a model have in common: whether their updates count at present, and
/// which dropout masks they draw.
final class Adapters {
  private boolean on = true;
  private @Nullable Key training;
  private Pass pass = new Pass(true, null);

  /// What dropout masks are a function of, beside the name of the weight and the element.
  private record Key(long seed, long step, int microBatch) {}

  /// How one run through the layers is computed; activation checkpointing repeats it.
  record Pass(boolean on, @Nullable Key dropping) {}

  /// Masks for the forward passes that follow, as long as a tape records them.
  void training(long seed, long step, int microBatch) {
    training = new Key(seed, step, microBatch);
  }

  /// Begins a run through the layers.
  Pass begin() {
    pass = new Pass(on, Tape.recording() ? training : null);
    return pass;
  }

  /// Computes something as an earlier run was.
  <T> T again(Pass earlier, Supplier<T> body) {
    Pass now = pass;
    pass = earlier;
    try {
      return body.get();
    } finally {
      pass = now;
    }
  }

  /// Computes something with the base alone.
  <T> T without(Supplier<T> body) {
    boolean before = on;
    on = false;
    try {
      return again(new Pass(false, null), body);
    } finally {
      on = before;
    }
  }

  /// Whether the layers' updates count in the present run.
  boolean counts() {
    return pass.on;
  }

  /// Whether heads and embeddings are the trained ones.
  boolean on() {
    return on;
  }

  /// The mask of a weight's input in the present run; empty where nothing is left out.
  Optional<DropoutMask> mask(String weight, double p) {
    Key key = pass.dropping;
    if (key == null || p == 0) {
      return Optional.empty();
    }
    String use = "%s dropout step %d micro-batch %d".formatted(weight, key.step, key.microBatch);
    return Optional.of(new DropoutMask(p, key.seed, Rng.stream(use)));
  }
}
