package dev.gavel.llama;

import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Rng;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The weights of an adapter that has learned nothing, under its names: A uniform in +-1 /
/// sqrt(inputs), which is PEFT's Kaiming-uniform with a = sqrt(5); B zero; modules that are saved
/// whole begin as the base's. A value is a function of seed, tensor name and place alone.
///
/// @param base the model that will be adapted
public record LoraInit(WeightSource base, long seed) implements WeightSource {
  @Override
  public DType type(String name) {
    return isSaved(name) ? base.type(LoraConfig.weightOf(name)) : DType.F32;
  }

  private static boolean isSaved(String name) {
    return LoraConfig.nameOfSaved(LoraConfig.weightOf(name)).equals(name);
  }

  @Override
  public void read(String name, long rows, long columns, Rows to) throws IOException {
    if (isSaved(name)) {
      base.read(LoraConfig.weightOf(name), rows, columns, to);
      return;
    }
    boolean isA = LoraConfig.nameOfA(LoraConfig.weightOf(name)).equals(name);
    double bound = isA ? 1 / Math.sqrt(columns) : 0;
    long stream = Rng.stream(name);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment values = arena.allocate(rows * columns * Float.BYTES, 64);
      for (long i = 0; isA && i < rows * columns; i++) {
        double u = bound * (2 * Rng.uniform(seed, stream, i) - 1);
        values.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) u);
      }
      to.accept(values, 0, rows);
    }
  }
}
