package dev.gavel.cuda.driver;

import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// A queue of the device: what is put on it runs in order.
public final class Stream implements AutoCloseable {
  private final CudaContext context;
  private final CUstream handle = new CUstream();
  private final int fill;
  private final int copy;

  Stream(CudaContext context) {
    this.context = context;
    Driver.check(
        JCudaDriver.cuStreamCreate(handle, CUstream_flags.CU_STREAM_NON_BLOCKING),
        "cuStreamCreate");
    fill = context.steps().register((w, at) -> sendFill(w[at], (byte) w[at + 1], w[at + 2]));
    copy = context.steps().register((w, at) -> sendCopy(w[at], w[at + 1], w[at + 2]));
  }

  /// JCuda's object.
  public CUstream handle() {
    return handle;
  }

  /// Waits until everything on it is done. Reports what a kernel did wrong since the last time, if
  /// the driver noticed only now; `-Dgavel.cuda.sync=true` makes the launch itself wait and tell.
  public void synchronize() {
    context.steps().flush();
    context.bind();
    context.await(() -> JCudaDriver.cuStreamSynchronize(handle));
    context.steps().waited();
  }

  /// y = value, byte by byte.
  public void fill(long address, byte value, long bytes) {
    if (bytes > 0 && context.steps().recording()) {
      write(fill, address, value, bytes);
    } else if (bytes > 0) {
      sendFill(address, value, bytes);
    }
  }

  private void sendFill(long address, byte value, long bytes) {
    context.bind();
    LaunchObserver o = observe("fill");
    int code = JCudaDriver.cuMemsetD8Async(Address.device(address), value, bytes, handle);
    observed(o, "fill");
    if (code != 0) {
      throw Driver.failure(code, "filling " + bytes + " bytes");
    }
  }

  /// Copies inside the device; the ranges must not overlap.
  public void copy(long from, long to, long bytes) {
    if (bytes > 0 && context.steps().recording()) {
      write(copy, from, to, bytes);
    } else if (bytes > 0) {
      sendCopy(from, to, bytes);
    }
  }

  private void sendCopy(long from, long to, long bytes) {
    context.bind();
    LaunchObserver o = observe("copy");
    int code =
        JCudaDriver.cuMemcpyDtoDAsync(Address.device(to), Address.device(from), bytes, handle);
    observed(o, "copy");
    if (code != 0) {
      throw Driver.failure(code, "copying " + bytes + " bytes on the device");
    }
  }

  private void write(int command, long a, long b, long c) {
    Steps steps = context.steps();
    int at = steps.open(command, 3);
    long[] words = steps.words();
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    steps.written();
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
