package dev.gavel.cuda.driver;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/// A mark on a stream: to wait for, or to take the time.
public final class Event implements AutoCloseable {
  private final CudaContext context;
  private final CUevent handle = new CUevent();

  /// @param timed whether [#millisecondsSince] will be asked
  public Event(CudaContext context, boolean timed) {
    this.context = context;
    context.bind();
    int flags = timed ? CUevent_flags.CU_EVENT_DEFAULT : CUevent_flags.CU_EVENT_DISABLE_TIMING;
    Driver.check(JCudaDriver.cuEventCreate(handle, flags), "cuEventCreate");
  }

  /// Marks what is on the stream by now.
  public void record(Stream stream) {
    context.steps().flush();
    context.bind();
    Driver.check(JCudaDriver.cuEventRecord(handle, stream.handle()), "cuEventRecord");
  }

  /// Waits until the device has passed the mark.
  public void await() {
    context.bind();
    context.await(() -> JCudaDriver.cuEventSynchronize(handle));
  }

  /// Time between two marks, both passed.
  public double millisecondsSince(Event earlier) {
    float[] ms = new float[1];
    Driver.check(JCudaDriver.cuEventElapsedTime(ms, earlier.handle, handle), "cuEventElapsedTime");
    return ms[0];
  }

  @Override
  public void close() {
    context.bind();
    Driver.check(JCudaDriver.cuEventDestroy(handle), "cuEventDestroy");
  }
}
