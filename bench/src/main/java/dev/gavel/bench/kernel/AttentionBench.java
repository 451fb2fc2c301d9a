package dev.gavel.bench.kernel;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
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

/// Causal attention of training and prefill, forward and backward, in several shapes. (It is held
/// against the reference by `OpBench -p op=attention` and by the op's tests.)
///
///     ./gavel bench AttentionBench.forward -p batch=512+512
///
/// What to see: some half of the FMA peak, as the tiles are small and each score costs an exp.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class AttentionBench {
  /// Lengths of the texts.
  @Param({"8x256", "2x512", "1x2048", "100+677+1+247"})
  String batch;

  /// Heads of queries, of keys, and their length.
  @Param({"6/6/48", "12/4/64", "32/8/128"})
  String heads;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private Ragged texts;
  private Tensor[] q; // queries, keys, values
  private Tensor[] g; // their gradients
  private Tensor y;
  private Tensor lse;
  private Tensor gy;

  @Setup
  public void setUp() {
    int[] h = numbers(heads, "/");
    texts = texts(batch);
    int t = texts.tokens();
    device = BenchDevice.open(backend, threads);
    q = noise(t, h);
    g = noise(t, h);
    y = device.empty(q[0].dtype(), q[0].shape());
    gy = BenchDevice.noise(device, 4, t, h[0], h[2]);
    lse = device.empty(q[0].dtype(), Shape.of(t, h[0]));
    forward();
    load(batch, heads, false).print(batch + " " + heads);
  }

  private Tensor[] noise(int t, int[] h) {
    return new Tensor[] {
      BenchDevice.noise(device, 1, t, h[0], h[2]),
      BenchDevice.noise(device, 2, t, h[1], h[2]),
      BenchDevice.noise(device, 3, t, h[1], h[2])
    };
  }

  private static int[] numbers(String text, String separator) {
    return Arrays.stream(text.split(separator)).mapToInt(Integer::parseInt).toArray();
  }

  private static Ragged texts(String batch) {
    if (batch.contains("+")) {
      return Ragged.ofLengths(numbers(batch, "\\+"));
    }
    int[] n = numbers(batch, "x");
    int[] lengths = new int[n[0]];
    Arrays.fill(lengths, n[1]);
    return Ragged.ofLengths(lengths);
  }

  /// Two products over the causal half forward, five backward.
  public static Load load(String batch, String heads, boolean backward) {
    int[] h = numbers(heads, "/");
    Ragged texts = texts(batch);
    double pairs = 0;
    for (int s = 0; s < texts.sequences(); s++) {
      pairs += texts.length(s) * (texts.length(s) + 1.0) / 2;
    }
    double tensors = backward ? 2 : 1;
    double bytes = 4 * tensors * texts.tokens() * h[2] * (2.0 * h[0] + 2 * h[1]);
    return new Load(bytes, 2 * (backward ? 5 : 2) * pairs * h[0] * h[2]);
  }

  @Benchmark
  public Tensor forward() {
    device.backend().attention(q[0], q[1], q[2], texts, y, lse);
    return y;
  }

  @Benchmark
  public Tensor[] backward() {
    device.backend().attentionBackward(q[0], q[1], q[2], y, lse, gy, texts, g[0], g[1], g[2]);
    return g;
  }

  @TearDown
  public void tearDown() {
    for (Tensor[] tensors : new Tensor[][] {q, g, {y, lse, gy}}) {
      for (Tensor t : tensors) {
        t.close();
      }
    }
    device.close();
  }
}
