package dev.gavel.cuda.driver;

import java.lang.foreign.MemorySegment;
import jcuda.Pointer;
import jcuda.driver.CUdeviceptr;

/// Addresses are `long` in this project; JCuda's calls want objects.
public final class Address {
  private Address() {}

  /// A device address as the driver's calls take it.
  static CUdeviceptr device(long address) {
    return new At(address);
  }

  /// Host memory, or a device address for a call that takes a plain `Pointer`, as cuBLAS's do.
  public static Pointer pointer(long address) {
    return new Raw(address);
  }

  static Pointer host(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("the driver copies native memory only, found " + memory);
    }
    return new Raw(memory.address());
  }

  private static final class Raw extends Pointer {
    Raw(long address) {
      super(address);
    }
  }

  private static final class At extends CUdeviceptr {
    // the offset is all that the protected constructors leave open
    At(long address) {
      super(new CUdeviceptr(), address);
    }
  }

  /// Receives an address from the driver.
  static final class Result extends CUdeviceptr {
    long value() {
      return getNativePointer();
    }
  }

  /// Receives the address of pinned host memory.
  static final class HostResult extends Pointer {
    long value() {
      return getNativePointer();
    }
  }
}
