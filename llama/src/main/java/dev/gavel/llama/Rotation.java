package dev.gavel.llama;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Cosines and sines of the rotary embedding, computed in double for as many positions as were
/// asked for so far.
final class Rotation implements AutoCloseable {
  private final Device device;
  private final double[] frequencies;
  private @Nullable Table table;

  /// @param cos [positions, D/2]
  record Table(Tensor cos, Tensor sin) {}

  Rotation(LlamaConfig config, Device device) {
    this.device = device;
    frequencies = config.rope().inverseFrequencies(config.headDim());
  }

  /// @param positions how many positions, from 0, are needed
  Table table(int positions) {
    if (table == null || table.cos.shape().dim(0) < positions) {
      close();
      int rows = Math.max(64, Integer.highestOneBit(Math.max(1, positions - 1)) << 1);
      table = make(rows);
    }
    return table;
  }

  private Table make(int rows) {
    int half = frequencies.length;
    double[] cos = new double[rows * half];
    double[] sin = new double[rows * half];
    for (int p = 0; p < rows; p++) {
      for (int i = 0; i < half; i++) {
        cos[p * half + i] = StrictMath.cos(p * frequencies[i]);
        sin[p * half + i] = StrictMath.sin(p * frequencies[i]);
      }
    }
    return Scope.outside(() ->
        new Table(
            device.of(device.statistics(), cos, Shape.of(rows, half)),
            device.of(device.statistics(), sin, Shape.of(rows, half))));
  }

  @Override
  public void close() {
    if (table != null) {
      table.cos.close();
      table.sin.close();
      table = null;
    }
  }
}
