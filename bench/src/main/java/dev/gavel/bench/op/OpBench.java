package dev.gavel.bench.op;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.OpCase;
import dev.gavel.tensor.op.Work;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/// Every op of the catalog, forward and backward, on inputs of a size that models have
/// ([dev.gavel.tensor.op.Op#benchCase]). It holds itself against the reference before it is timed,
/// and says what ran and what had to be done at least.
///
///     ./gavel bench OpBench -p op=attention,matmulNT
///     ./gavel bench OpBench.forward -p threads=2 -rf json
///
/// The values of `op` are the catalog's names: [dev.gavel.bench.Main] fills them in, so a new op is
/// here without a line. What to see: element-wise ops near the memory's rate, products near the FMA
/// peak; `reshape` and `slice` are views and cost nothing; a backward pass costs two to three times
/// its forward pass.
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class OpBench {
  /// Names of ops; [dev.gavel.bench.Main] gives all of the catalog where none is named.
  @Param({})
  String op;

  /// `reference` for the plain loops.
  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  /// A property: false leaves the comparison with the reference to the tests, which make it too. It
  /// takes longer than a short measurement.
  public static final String CHECK = "gavel.bench.check";

  private OpCase opCase;
  private Device device;
  private Tensor[] inputs;

  /// Draws the inputs, and checks what will be timed unless [#CHECK] is false.
  @Setup
  public void setUp(BenchmarkParams params) {
    opCase = BenchedOps.named(op).benchCase();
    device = BenchDevice.open(backend, threads);
    boolean backward = params.getBenchmark().endsWith("backward");
    boolean check = Boolean.parseBoolean(System.getProperty(CHECK, "true"));
    if (check) {
      OpCheck.verify(opCase, device, backward);
    }
    Work work = opCase.op().work(opCase);
    System.out.printf(
        "# %s %s; %,d bytes, %,d FLOPs at least%n",
        opCase.label(),
        check ? "agrees with the reference" : "is not checked",
        backward ? 0 : work.bytes(),
        backward ? work.backwardFlops() : work.flops());
    inputs = opCase.draw(device, device.arithmetic(), OpCheck.SEED);
  }

  @Benchmark
  public Tensor forward() {
    try (Scope _ = Scope.open()) {
      return opCase.op().apply(inputs);
    }
  }

  /// A forward pass that is recorded and not timed.
  @State(org.openjdk.jmh.annotations.Scope.Thread)
  public static class Recorded {
    private Tape tape;
    private Tensor y;
    private Tensor gy;

    @Setup(Level.Invocation)
    public void record(OpBench bench) {
      OpCheck.follow(bench.opCase, bench.inputs);
      tape = Tape.record();
      y = bench.opCase.op().apply(bench.inputs);
      gy = OpCheck.seed(y);
    }

    @TearDown(Level.Invocation)
    public void forget(OpBench bench) {
      tape.close();
      for (Tensor input : bench.inputs) {
        input.clearGrad();
      }
    }
  }

  @Benchmark
  public Tensor[] backward(Recorded recorded) {
    recorded.tape.backwardFrom(recorded.y, recorded.gy);
    return inputs;
  }

  @TearDown
  public void tearDown() {
    for (Tensor input : inputs) {
      input.close();
    }
    device.close();
  }
}
