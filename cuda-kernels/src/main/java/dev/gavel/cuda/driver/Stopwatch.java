package dev.gavel.cuda.driver;

import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/// Measures time on the device, between two places of a stream.
public final class Stopwatch implements AutoCloseable {
  private final CudaContext context;
  private final CUevent from = new CUevent();
  private final CUevent to = new CUevent();

  public Stopwatch(CudaContext context) {
    this.context = context;
    context.bind();
    create(from);
    create(to);
  }

  private static void create(CUevent event) {
    Driver.check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT), "cuEventCreate");
  }

  /// Puts the beginning on the stream.
  public void start() {
    context.steps().flush();
    context.bind();
    Driver.check(JCudaDriver.cuEventRecord(from, context.stream().handle()), "cuEventRecord");
  }

  /// Puts the end on the stream and waits for it.
  ///
  /// @return milliseconds between both
  public double stop() {
    context.steps().flush();
    context.bind();
    Driver.check(JCudaDriver.cuEventRecord(to, context.stream().handle()), "cuEventRecord");
    Driver.check(JCudaDriver.cuEventSynchronize(to), "waiting for the device");
    float[] milliseconds = new float[1];
    Driver.check(JCudaDriver.cuEventElapsedTime(milliseconds, from, to), "cuEventElapsedTime");
    return milliseconds[0];
  }

  @Override
  public void close() {
    context.bind();
    Driver.check(JCudaDriver.cuEventDestroy(from), "cuEventDestroy");
    Driver.check(JCudaDriver.cuEventDestroy(to), "cuEventDestroy");
  }
}
