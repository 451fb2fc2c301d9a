package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.LaunchObserver;

/// What the host does in a step: how often it puts something on the stream, how long the driver
/// takes for that, and how long it waits for the device.
///
/// @param launches kernels, products, copies and fills
/// @param wallMilliseconds the whole step, with its waits
/// @param driverMilliseconds inside the calls that launch
/// @param waitMilliseconds waiting for the device; near 0 where the host is what limits
record HostCost(
    int launches, double wallMilliseconds, double driverMilliseconds, double waitMilliseconds) {
  /// The host's own microseconds for a launch, the driver's among them.
  double microsecondsPerLaunch() {
    return 1e3 * (wallMilliseconds - waitMilliseconds) / Math.max(1, launches);
  }

  static HostCost of(CudaContext context, Runnable step) {
    context.stream().synchronize();
    Watch watch = new Watch();
    context.observe(watch);
    long start = System.nanoTime();
    try {
      step.run();
      context.stream().synchronize();
    } finally {
      context.observe(null);
    }
    double wall = (System.nanoTime() - start) / 1e6;
    return new HostCost(watch.launches, wall, watch.driver / 1e6, watch.waits / 1e6);
  }

  private static final class Watch implements LaunchObserver {
    private int launches;
    private long driver;
    private long waits;
    private long since;

    @Override
    public void before(String what) {
      since = System.nanoTime();
    }

    @Override
    public void after(String what) {
      driver += System.nanoTime() - since;
      launches++;
    }

    @Override
    public void waiting() {
      since = System.nanoTime();
    }

    @Override
    public void waited() {
      waits += System.nanoTime() - since;
    }
  }
}
