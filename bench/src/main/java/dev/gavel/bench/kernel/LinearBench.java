package dev.gavel.bench.kernel;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.Halves;
import dev.gavel.tensor.spi.PackedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
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

/// Weights at rest times a few rows: what a decode step of so many sequences does. The weights are
/// the linear layers of four blocks of the 1B shape, more than any cache holds. Elements are held
/// against plain sums before it is timed.
///
///     ./gavel bench LinearBench -p rows=1,32 -p threads=2
///
/// What to see: for few rows the weights come at the memory's read rate, whatever the rows; from
/// some 8 rows on the FMA peak limits.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class LinearBench {
  private static final int[][] BLOCK = {
    {2048, 2048}, {512, 2048}, {512, 2048}, {2048, 2048}, {8192, 2048}, {8192, 2048}, {2048, 8192}
  };
  private static final int BLOCKS = 4;
  private static final int WIDEST = 8192;

  @Param({"1", "2", "4", "8", "16", "32"})
  int rows;

  @Param("BF16")
  DType type;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private record Layer(PackedMatrix w, Tensor x, Tensor y) {}

  private Device device;
  private final List<Layer> layers = new ArrayList<>();

  @Setup
  public void setUp() {
    device = BenchDevice.open(backend, threads);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment stored = arena.allocate(type.bytes() * WIDEST * 2048L, 64);
      for (long i = 0; i < WIDEST * 2048L; i++) {
        store(stored, i, value(i));
      }
      for (int i = 0; i < BLOCKS * BLOCK.length; i++) {
        int[] s = BLOCK[i % BLOCK.length];
        PackedMatrix w = device.backend().pack(type, device.arithmetic(), s[0], s[1]);
        w.put(stored.asSlice(0, type.bytes() * (long) s[0] * s[1]), 0, s[0]);
        Tensor x = BenchDevice.noise(device, i, rows, s[1]);
        layers.add(new Layer(w, x, device.empty(x.dtype(), Shape.of(rows, s[0]))));
      }
    }
    step();
    layers.stream().limit(BLOCK.length).forEach(this::verify);
    load(rows, type).print(rows + " rows");
  }

  /// Exact in bf16.
  private static float value(long i) {
    return (i * 31 % 127 - 63) / 64f;
  }

  private void store(MemorySegment to, long i, float value) {
    switch (type) {
      case F32 -> to.setAtIndex(ValueLayout.JAVA_FLOAT, i, value);
      case BF16 -> to.setAtIndex(ValueLayout.JAVA_SHORT, i, Halves.f32ToBf16(value));
      default -> throw new IllegalArgumentException("type is " + type + "; known: F32, BF16");
    }
  }

  /// The work of a step.
  public static Load load(int rows, DType type) {
    double weights = 0;
    for (int[] s : BLOCK) {
      weights += BLOCKS * (double) s[0] * s[1];
    }
    return new Load(type.bytes() * weights, 2 * rows * weights);
  }

  /// See [GemmBench] for the bound.
  private void verify(Layer layer) {
    double[] x = layer.x.toDoubles();
    double[] y = layer.y.toDoubles();
    int k = (int) layer.w.columns();
    int n = (int) layer.w.rows();
    for (int r = 0; r < rows; r++) {
      int j = (r * 977 + 13) % n;
      double sum = 0;
      for (int l = 0; l < k; l++) {
        sum += x[r * k + l] * value((long) j * k + l);
      }
      if (!(Math.abs(y[r * n + j] - sum) <= 5e-3)) {
        throw new IllegalStateException(
            "linear [%d, %d] on %s: element (%d, %d) is %s, expected %s; not timed"
                .formatted(n, k, device.name(), r, j, y[r * n + j], sum));
      }
    }
  }

  @Benchmark
  public List<?> step() {
    for (Layer layer : layers) {
      device.backend().linear(layer.x, layer.w, layer.y);
    }
    return layers;
  }

  @TearDown
  public void tearDown() {
    for (Layer layer : layers) {
      layer.w.close();
      layer.x.close();
      layer.y.close();
    }
    device.close();
  }
}
