package dev.gavel.bench;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.SplittableRandom;

/// The device of a bench.
public final class BenchDevice {
  private BenchDevice() {}

  /// Opens a backend and says which one runs.
  ///
  /// @param backend `vector`, `reference`, …
  /// @throws IllegalStateException with the probe's reason where it cannot be used
  public static Device open(String backend, int threads) {
    BackendProvider provider = Devices.byName(backend);
    return switch (provider.probe()) {
      case Probe.Usable(String description) -> {
        DType arithmetic = backend.equals("reference") ? DType.F64 : DType.F32;
        Device device = Device.over(provider.open(threads, 0), arithmetic);
        System.out.printf("# backend %s (%s), %d threads%n", device.name(), description, threads);
        yield device;
      }
      case Probe.Unusable(String reason, String remedy) ->
          throw new IllegalStateException(
              "backend %s: not usable: %s; %s".formatted(backend, reason, remedy));
    };
  }

  /// Uniform numbers in [-1, 1).
  public static Tensor noise(Device device, long seed, long... dims) {
    Shape shape = Shape.of(dims);
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(shape.size())];
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * (float) random.nextDouble() - 1;
    }
    Tensor t = device.of(values, shape);
    if (device.arithmetic() == DType.F32) {
      return t;
    }
    Tensor wide = t.to(device.arithmetic());
    t.close();
    return wide;
  }
}
