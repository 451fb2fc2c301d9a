package dev.gavel.cuda.driver;

import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// A queue of the device: what is put on it runs in order.
public final class Stream implements AutoCloseable {
  private final CudaContext context;
  private final CUstream handle = new CUstream();

  Stream(CudaContext context) {
    this.context = context;
    Driver.check(
        JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "cuStreamCreate");
  }

  /// JCuda's object.
  public CUstream handle() {
    return handle;
  }

  /// Waits until everything on it is done. Reports what a kernel did wrong since the last time, if
  /// the driver noticed only now; `-Dgavel.cuda.sync=true` makes the launch itself wait and tell.
  public void synchronize() {
    context.bind();
    context.await(() -> JCudaDriver.cuStreamSynchronize(handle));
  }

  /// y = value, byte by byte.
  public void fill(long address, byte value, long bytes) {
    context.bind();
    if (bytes > 0) {
      LaunchObserver o = observe("fill");
      Driver.check(
          JCudaDriver.cuMemsetD8Async(Address.device(address), value, bytes, handle),
          "filling " + bytes + " bytes");
      observed(o, "fill");
    }
  }

  /// Copies inside the device; the ranges must not overlap.
  public void copy(long from, long to, long bytes) {
    context.bind();
    if (bytes > 0) {
      LaunchObserver o = observe("copy");
      Driver.check(
          JCudaDriver.cuMemcpyDtoDAsync(Address.device(to), Address.device(from), bytes, handle),
          "copying " + bytes + " bytes on the device");
      observed(o, "copy");
    }
  }

  /// Tells who watches, if anybody does, that something follows.
  @Nullable LaunchObserver observe(String what) {
    LaunchObserver o = context.observer();
    if (o != null) {
      o.before(what);
    }
    return o;
  }

  static void observed(@Nullable LaunchObserver o, String what) {
    if (o != null) {
      o.after(what);
    }
  }

  @Override
  public void close() {
    context.bind();
    Driver.check(JCudaDriver.cuStreamDestroy(handle), "cuStreamDestroy");
  }
}
