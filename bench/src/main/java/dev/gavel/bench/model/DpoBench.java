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

/// A whole step of preference optimization beside a reference, in f32 and without checkpointing: 8
/// pairs of at most 128 + 128 tokens for the 7M shape, 2 of 256 + 256 for 100M.
///
///     ./gavel bench DpoBench -p threads=1,2
///
/// What to see: the same share of the FMA peak as in [SftBench], for both lengths: nothing is padded.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class DpoBench {
  @Param("7m")
  String shape;

  @Param({"equal", "ragged"})
  String lengths;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private DpoStep step;

  @Setup
  public void setUp() throws IOException {
    device = BenchDevice.open(backend, threads);
    step = new DpoStep(device, pairs(shape, lengths), Optional.empty(), threads);
    load(shape, lengths).print("a step of " + shape + ", " + lengths + " lengths");
  }

  private static PairShape pairs(String shape, String lengths) {
    return PairShape.named(shape).ragged(lengths.equals("ragged"));
  }

  public static Load load(String shape, String lengths) {
    return new Load(0, pairs(shape, lengths).stepFlops());
  }

  @Benchmark
  public double step() {
    double loss = step.run().getOrDefault("loss", Double.NaN);
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
