package dev.gavel.bench.kernel;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
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

/// Matrix products of the sizes of training, in the three layouts that it needs: NT is a layer
/// forward, NN the gradient of its input, TN that of its weight. Elements of the product are held
/// against plain sums before it is timed.
///
///     ./gavel bench GemmBench -p layout=NT -p shape=1024x1024x1024
///
/// What to see: the same rate in all layouts and sizes, close to the FMA peak
/// (`bench/peers/limits.c`); the comparison with OpenBLAS is `gavel bench report`'s.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class GemmBench {
  private static final int SAMPLES = 64;

  @Param({"NT", "NN", "TN"})
  String layout;

  /// Rows and columns of the product, and the inner size.
  @Param({"1024x1024x1024", "2048x2048x2048", "512x8192x2048", "512x2048x8192", "64x8192x2048"})
  String shape;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private Tensor a;
  private Tensor b;
  private Tensor y;
  private boolean transA;
  private boolean transB;

  @Setup
  public void setUp() {
    int[] s = sizes(shape);
    transA = layout.charAt(0) == 'T';
    transB = layout.charAt(1) == 'T';
    device = BenchDevice.open(backend, threads);
    a =
        transA
            ? BenchDevice.noise(device, 1, s[2], s[0])
            : BenchDevice.noise(device, 1, s[0], s[2]);
    b =
        transB
            ? BenchDevice.noise(device, 2, s[1], s[2])
            : BenchDevice.noise(device, 2, s[2], s[1]);
    y = device.empty(a.dtype(), Shape.of(s[0], s[1]));
    product();
    verify(s[0], s[1], s[2]);
    load(shape).print(layout + " " + shape);
  }

  private static int[] sizes(String shape) {
    return Arrays.stream(shape.split("x")).mapToInt(Integer::parseInt).toArray();
  }

  /// The work of a product.
  public static Load load(String shape) {
    int[] s = sizes(shape);
    double m = s[0];
    double n = s[1];
    double k = s[2];
    return new Load(4 * (m * k + n * k + m * n), 2 * m * n * k);
  }

  /// A sum of k products of numbers in [-1, 1) is about sqrt(k) / 3, and its f32 rounding errs by
  /// 6e-8 of that in each of k steps, so by 2e-4 in the end for k = 8192; a wrong element errs by
  /// the whole.
  private void verify(int m, int n, int k) {
    double[] x = a.toDoubles();
    double[] w = b.toDoubles();
    double[] found = y.toDoubles();
    SplittableRandom random = new SplittableRandom(3);
    for (int sample = 0; sample < SAMPLES; sample++) {
      int i = random.nextInt(m);
      int j = random.nextInt(n);
      double sum = 0;
      for (int l = 0; l < k; l++) {
        sum += x[transA ? l * m + i : i * k + l] * w[transB ? j * k + l : l * n + j];
      }
      if (!(Math.abs(found[i * n + j] - sum) <= 5e-3)) {
        throw new IllegalStateException(
            "%s %s on %s: element (%d, %d) is %s, expected %s; not timed"
                .formatted(layout, shape, device.name(), i, j, found[i * n + j], sum));
      }
    }
  }

  @Benchmark
  public Tensor product() {
    device.backend().matmul(a, transA, b, transB, y, false);
    return y;
  }

  @TearDown
  public void tearDown() {
    a.close();
    b.close();
    y.close();
    device.close();
  }
}
