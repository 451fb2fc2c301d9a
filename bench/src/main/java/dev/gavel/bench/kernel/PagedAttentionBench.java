package dev.gavel.bench.kernel;

import dev.gavel.bench.BenchDevice;
import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
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

/// Attention of one new token for each of some sequences that share a prompt: 8 heads of keys of
/// length 64, 4 heads of queries for each.
///
///     ./gavel bench PagedAttentionBench -p sequences=1,32
///
/// What to see: the pages of the prompt are read once for all sequences, so that 32 of them cost
/// far less than 32 times one.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class PagedAttentionBench {
  private static final int KV_HEADS = 8;
  private static final int GROUP = 4;
  private static final int D = 64;

  @Param({"1", "32"})
  int sequences;

  /// Tokens of the prompt: whole pages.
  @Param("2048")
  int prompt;

  @Param("vector")
  String backend;

  @Param("1")
  int threads;

  private Device device;
  private KvPool pool;
  private KvBatch step;
  private Tensor q;
  private Tensor y;

  @Setup
  public void setUp() {
    device = BenchDevice.open(backend, threads);
    int shared = prompt / KvPool.PAGE;
    pool = device.backend().kvPool(device.arithmetic(), 1, KV_HEADS, D, shared + sequences);
    int[] pages = new int[shared];
    Arrays.setAll(pages, p -> p);
    write(new KvBatch(Ragged.ofLengths(prompt), new int[1], new int[][] {pages}), prompt);
    int[][] tables = new int[sequences][];
    int[] start = new int[sequences];
    int[] ones = new int[sequences];
    for (int s = 0; s < sequences; s++) {
      tables[s] = Arrays.copyOf(pages, shared + 1);
      tables[s][shared] = shared + s;
      start[s] = prompt;
      ones[s] = 1;
    }
    step = new KvBatch(Ragged.ofLengths(ones), start, tables);
    write(step, sequences);
    q = BenchDevice.noise(device, 3, sequences, KV_HEADS * GROUP, D);
    y = device.empty(q.dtype(), q.shape());
    load(sequences, prompt).print(sequences + " sequences");
  }

  private void write(KvBatch batch, int tokens) {
    try (Tensor k = BenchDevice.noise(device, 1, tokens, KV_HEADS, D);
        Tensor v = BenchDevice.noise(device, 2, tokens, KV_HEADS, D)) {
      device.backend().writeKv(pool, 0, batch, k, v);
    }
  }

  /// Keys and values of the prompt once; two products for each sequence.
  public static Load load(int sequences, int prompt) {
    return new Load(8.0 * prompt * KV_HEADS * D, 4.0 * sequences * prompt * KV_HEADS * GROUP * D);
  }

  @Benchmark
  public Tensor step() {
    device.backend().pagedAttention(q, pool, 0, step, y);
    return y;
  }

  @TearDown
  public void tearDown() {
    q.close();
    y.close();
    pool.close();
    device.close();
  }
}
