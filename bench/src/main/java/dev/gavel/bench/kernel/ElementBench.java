package dev.gavel.bench.kernel;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
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

/// Kernels that are bound by memory: each against a copy of the same size, in a cache (16,384
/// elements) and beyond all of them (16 million).
///
///     ./gavel bench ElementBench -p kernel=COPY,EXP,ADAMW
///
/// What to see: beyond the caches the rate of COPY in bytes for all of them; inside, arithmetic
/// shows (EXP).
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class ElementBench {
  private static final int C = 1024;
  private static final Backend.AdamWStep STEP =
      new Backend.AdamWStep(1e-6, 0.9, 0.95, 1e-8, 0.1, 1, 0.5, 0.5);

  /// What is timed, with the bytes that it moves for an element.
  public enum Kernel {
    COPY(8),
    ADD(12),
    EXP(8),
    SWIGLU(12),
    SWIGLU_BACKWARD(20),
    RMS_NORM(8),
    RMS_NORM_BACKWARD(12),
    SOFTMAX(8),
    SUM_OF_SQUARES(4),
    ADAMW(28),
    F32_TO_BF16(6),
    BF16_TO_F32(6);

    private final int bytes;

    Kernel(int bytes) {
      this.bytes = bytes;
    }
  }

  @Param Kernel kernel;

  @Param({"16384", "16777216"})
  int n;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private Backend on;
  private final List<Tensor> all = new ArrayList<>();
  private Tensor x;
  private Tensor u;
  private Tensor v;
  private Tensor y;
  private Tensor z;
  private Tensor half;
  private Tensor w;
  private Tensor gw;
  private Tensor rstd;

  @Setup
  public void setUp() {
    device = BenchDevice.open(backend, threads);
    on = device.backend();
    x = noise(n / C, C);
    u = noise(n / C, C);
    v = keep(u.device().full(x.dtype(), x.shape(), 0.5));
    y = noise(n / C, C);
    z = noise(n / C, C);
    half = keep(x.to(DType.BF16));
    w = noise(C);
    gw = noise(C);
    rstd = noise(n / C);
    on.rmsNorm(x, w, 1e-5, y, rstd);
    load(kernel, n).print(kernel + " of " + n);
  }

  private Tensor noise(long... dims) {
    return keep(BenchDevice.noise(device, all.size(), dims));
  }

  private Tensor keep(Tensor t) {
    all.add(t);
    return t;
  }

  public static Load load(Kernel kernel, int n) {
    return new Load((double) kernel.bytes * n, 0);
  }

  @Benchmark
  public double run() {
    switch (kernel) {
      case COPY -> on.copy(x, y);
      case ADD -> on.binary(BinaryOp.ADD, x, u, y);
      case EXP -> on.unary(UnaryOp.EXP, x, y);
      case SWIGLU -> on.swiGlu(x, u, y);
      case SWIGLU_BACKWARD -> on.swiGluBackward(x, u, v, y, z);
      case RMS_NORM -> on.rmsNorm(x, w, 1e-5, y, rstd);
      case RMS_NORM_BACKWARD -> on.rmsNormBackward(x, w, rstd, u, y, false, gw, false);
      case SOFTMAX -> on.softmax(x, 1, y);
      case SUM_OF_SQUARES -> {
        return on.sumOfSquares(x);
      }
      case ADAMW -> on.adamW(y, x, u, v, null, STEP);
      case F32_TO_BF16 -> on.copy(x, half);
      case BF16_TO_F32 -> on.copy(half, y);
    }
    return 0;
  }

  @TearDown
  public void tearDown() {
    all.forEach(Tensor::close);
    device.close();
  }
}
