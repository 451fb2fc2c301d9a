package dev.gavel.bench.model;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A whole step of supervised fine-tuning, in f32 and without checkpointing: 8 texts of 256 tokens
/// for the 7M shape, 2 of 512 for 100M.
///
///     ./gavel bench SftBench -p threads=1,2
///
/// What to see: two thirds of the FMA peak or more; most of the time is in products of matrices.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class SftBench {
  @Param("7m")
  String shape;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private SftStep step;

  @Setup
  public void setUp() throws IOException {
    device = BenchDevice.open(backend, threads);
    step = new SftStep(device, ModelShape.named(shape), Optional.empty(), threads);
    load(shape).print("a step of " + shape);
  }

  public static Load load(String shape) {
    return new Load(0, ModelShape.named(shape).stepFlops());
  }

  @Benchmark
  public double step() {
    double loss = step.run();
    if (!Double.isFinite(loss)) {
      throw new IllegalStateException("the loss is " + loss);
    }
    return loss;
  }

  @TearDown
  public void tearDown() {
    step.close();
    device.close();
  }
}
