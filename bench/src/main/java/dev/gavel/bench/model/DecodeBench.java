package dev.gavel.bench.model;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Device;
import java.io.IOException;
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

/// A step of the generation engine on bf16 weights: the next token of one text (greedy), or of 32
/// samples of one prompt (top-p 0.95, drawn). The weights are noise; a step does not depend on them.
///
///     ./gavel bench DecodeBench -p shape=1b -p threads=2
///
/// What to see: one text at the memory's read rate of the weights; 32 samples far below 32 times
/// that.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class DecodeBench {
  @Param("100m")
  String shape;

  @Param({"1", "32"})
  int samples;

  /// Tokens of the prompt.
  @Param("500")
  int prompt;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private RestModel model;
  private Decoding decoding;

  @Setup
  public void setUp() throws IOException {
    ModelShape s = ModelShape.named(shape);
    device = BenchDevice.open(backend, threads);
    model = RestModel.of(device, s, threads);
    decoding = new Decoding(model, s.text(0, prompt), samples);
    load(shape, samples).print("a step of " + samples);
  }

  public static Load load(String shape, int samples) {
    double weights = ModelShape.named(shape).parameters();
    return new Load(2 * weights, 2 * weights * samples);
  }

  /// Reads the prompt where samples must begin anew; not timed.
  @Setup(org.openjdk.jmh.annotations.Level.Invocation)
  public void prepare() {
    decoding.prepare();
  }

  @Benchmark
  public Decoding step() {
    decoding.step();
    return decoding;
  }

  @TearDown
  public void tearDown() {
    decoding.close();
    model.close();
    device.close();
  }
}
