package dev.gavel.cuda;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;

/// Devices over the emulated driver.
final class Emulated {
  private Emulated() {}

  /// One that hands out each piece of memory by itself, for the emulator to watch.
  static Device device(DType arithmetic) {
    return Device.over(new CudaBackend(CudaContext.open(0), false), arithmetic);
  }
}
