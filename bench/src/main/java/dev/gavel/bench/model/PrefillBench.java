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

/// Reading a prompt, and its first token, on bf16 weights.
///
///     ./gavel bench PrefillBench -p tokens=64,512
///
/// What to see: near the rate of GemmBench from some 64 tokens on.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class PrefillBench {
  @Param("100m")
  String shape;

  @Param({"64", "512"})
  int tokens;

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
    decoding = new Decoding(model, s.text(0, tokens), 1);
    load(shape, tokens).print(tokens + " tokens");
  }

  /// Logits are of the last token alone.
  public static Load load(String shape, int tokens) {
    ModelShape s = ModelShape.named(shape);
    double head = (double) s.vocabulary() * s.hidden();
    double weights = s.parameters() - head;
    double attention = 2.0 * tokens * (tokens + 1) * s.heads() * s.headDim() * s.layers();
    return new Load(2 * s.parameters(), 2 * (weights * tokens + head) + attention);
  }

  @Benchmark
  public int[] firstToken() {
    return decoding.greedy(1);
  }

  @TearDown
  public void tearDown() {
    decoding.close();
    model.close();
    device.close();
  }
}
