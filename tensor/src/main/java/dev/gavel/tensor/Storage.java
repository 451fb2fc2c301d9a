package dev.gavel.tensor;

import dev.gavel.tensor.spi.Buffer;

/// A piece of a device's memory and how many tensors look at it; the last one that lets go frees
/// it.
final class Storage {
  final Device device;
  private final Buffer buffer;
  private int holders = 1;
  private boolean freed;

  Storage(Device device, Buffer buffer) {
    this.device = device;
    this.buffer = buffer;
  }

  Buffer buffer(Tensor who) {
    if (freed) {
      throw new IllegalStateException(
          who.describe()
              + " was freed with its scope or tape; read it with item() or detach it with Scope.keep inside the scope");
    }
    return buffer;
  }

  void retain() {
    holders++;
  }

  void release() {
    if (--holders == 0) {
      freed = true;
      device.backend().free(buffer);
    }
  }
}
