package dev.gavel.llama.tokenizer;

import java.util.Random;

/// Random numbers whose seed is printed; `-Dgavel.seed=N` repeats a run.
final class Seed {
  private Seed() {}

  static Random random(String test) {
    long seed = Long.getLong("gavel.seed", System.nanoTime());
    System.out.println(test + ": -Dgavel.seed=" + seed + " repeats this run");
    return new Random(seed);
  }
}
