package dev.gavel.bench.kernel;

import dev.gavel.cuda.driver.CudaContext;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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

/// The kernels of one launcher on a CUDA device. A subclass has a field `work` with a `@Param` that
/// names what there is, and makes it.
///
/// JMH measures a launch and the wait for it, as a caller sees them. The GPU report takes the same
/// work and measures it by the device's own clock, many launches in a row.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsPrepend = "--add-modules=jdk.incubator.vector")
public abstract class KernelBench {
  private @Nullable CudaContext context;
  private @Nullable DeviceData data;
  private KernelWork now = KernelWork.moving(0, () -> {});

  /// Makes one of the works that the parameter names.
  public abstract KernelWork make(String work, DeviceData data);

  /// The parameter's present value.
  protected abstract String work();

  /// All values of the parameter.
  public final List<String> works() {
    try {
      return List.of(getClass().getField("work").getAnnotation(Param.class).value());
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(getClass() + " has no public field work with a @Param", e);
    }
  }

  /// `RmsNorm` of `RmsNormKernelBench`.
  public final String name() {
    return getClass().getSimpleName().replaceFirst("KernelBench$", "");
  }

  @Setup
  public void setUp() {
    CudaContext opened = CudaContext.open(0);
    context = opened;
    data = new DeviceData(opened);
    now = make(work(), data);
    System.out.printf("# %s on %s%n", work(), opened.name());
  }

  @Benchmark
  public void launchAndWait() {
    now.launch().run();
    if (context != null) {
      context.stream().synchronize();
    }
  }

  @TearDown
  public void tearDown() {
    if (data != null && context != null) {
      data.close();
      context.close();
    }
  }
}
