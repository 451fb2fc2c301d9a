package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Event;

/// Takes the time of work on a device by events of its own stream, and of the calls that put it
/// there by the host's clock.
final class DeviceClock {
  private final CudaContext context;

  DeviceClock(CudaContext context) {
    this.context = context;
  }

  /// What one run took.
  ///
  /// @param deviceMicros on the device, from one end of a row of runs to the other
  /// @param callMicros on the host, to put it on the stream
  record Time(double deviceMicros, double callMicros) {}

  /// The fastest of some rows of `times` runs each, after one to warm up.
  Time time(int rows, int times, Runnable work) {
    Time best = new Time(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);
    row(Math.min(times, 10), work);
    for (int i = 0; i < rows; i++) {
      Time t = row(times, work);
      best =
          new Time(
              Math.min(best.deviceMicros, t.deviceMicros), Math.min(best.callMicros, t.callMicros));
    }
    return best;
  }

  private Time row(int times, Runnable work) {
    try (Event from = new Event(context, true);
        Event to = new Event(context, true)) {
      context.stream().synchronize();
      from.record(context.stream());
      long start = System.nanoTime();
      for (int i = 0; i < times; i++) {
        work.run();
      }
      long called = System.nanoTime() - start;
      to.record(context.stream());
      to.await();
      return new Time(1e3 * to.millisecondsSince(from) / times, called / 1e3 / times);
    }
  }
}
