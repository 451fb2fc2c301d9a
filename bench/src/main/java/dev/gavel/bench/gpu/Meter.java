package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stopwatch;
import java.util.Arrays;

/// Measures by CUDA events: some launches in a row, several turns, the median of the turns.
final class Meter implements AutoCloseable {
  private static final int TURNS = 5;
  private static final int MOST_LAUNCHES = 200;

  /// A turn's length at least, so that starting it does not count, on a device.
  private static final double TURN_MILLISECONDS = 60;

  private final CudaContext context;
  private final Stopwatch watch;
  private final boolean emulated;

  Meter(CudaContext context) {
    this.context = context;
    this.emulated = context.name().startsWith("SIMT");
    watch = new Stopwatch(context);
  }

  /// Milliseconds of one launch.
  double measure(Runnable launch) {
    double once = turn(launch, 1); // compiles and warms
    once = Math.min(once, turn(launch, 1));
    if (emulated) {
      return once; // the figure means nothing there
    }
    int launches = (int) Math.clamp(TURN_MILLISECONDS / Math.max(once, 1e-3), 3, MOST_LAUNCHES);
    double[] turns = new double[TURNS];
    for (int i = 0; i < TURNS; i++) {
      turns[i] = turn(launch, launches);
    }
    Arrays.sort(turns);
    return turns[TURNS / 2];
  }

  private double turn(Runnable launch, int launches) {
    watch.start();
    for (int i = 0; i < launches; i++) {
      launch.run();
    }
    return watch.stop() / launches;
  }

  void finish() {
    context.stream().synchronize();
  }

  @Override
  public void close() {
    watch.close();
  }
}
