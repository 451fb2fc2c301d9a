package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import jdk.incubator.vector.FloatVector;

/// Speed of the row, element-wise and attention kernels on one thread, beside what the machine can:
/// a chain of fma in registers, and a copy of the same memory. Taken in turns, best of many.
///
///     java --add-modules jdk.incubator.vector -cp tensor/target/classes:tensor/target/test-classes
///       dev.gavel.tensor.internal.vector.AttentionBench
final class AttentionBench {
  private static final double SECONDS = 3;
  private static final java.lang.management.ThreadMXBean THREAD =
      ManagementFactory.getThreadMXBean();

  private interface Body {
    void run();
  }

  private final Arena arena = Arena.ofShared();
  private float sink;

  private AttentionBench() {}

  public static void main(String[] args) {
    AttentionBench bench = new AttentionBench();
    System.out.printf(
        "%d lanes, %s%n", Lanes.L, ManagementFactory.getRuntimeMXBean().getVmVersion());
    if (args.length == 0 || args[0].equals("attention")) {
      int[] even = lengths(8, 256);
      bench.attention("8 x 256 tokens, 6/6 heads of 48", even, 6, 6, 48);
      bench.attention("2 x 512 tokens, 12/4 heads of 64", lengths(2, 512), 12, 4, 64);
      bench.attention("1 x 2048 tokens, 32/8 heads of 64", lengths(1, 2048), 32, 8, 64);
      bench.attention("2 x 512 tokens, 32/8 heads of 128", lengths(2, 512), 32, 8, 128);
      bench.attention(
          "100, 677, 1, 247 tokens, 8/2 heads of 64", new int[] {100, 677, 1, 247}, 8, 2, 64);
    }
    if (args.length == 0 || args[0].equals("decode")) {
      bench.decode("1 sequence of 2048, 8 kv heads of 64, group 4", 1, 2048, 8, 4, 64);
      bench.decode("32 on one prompt of 2048, 8 kv heads of 64, group 4", 32, 2048, 8, 4, 64);
    }
    if (args.length == 0 || args[0].equals("elements")) {
      bench.elements(1 << 24);
      bench.elements(1 << 14);
    }
  }

  private static int[] lengths(int n, int tokens) {
    int[] lengths = new int[n];
    Arrays.fill(lengths, tokens);
    return lengths;
  }

  private MemorySegment random(long n, long seed) {
    MemorySegment s = NativeMemory.allocate(arena, 4 * n);
    SplittableRandom random = new SplittableRandom(seed);
    for (long i = 0; i < n; i++) {
      s.set(Lanes.F32, 4 * i, (float) random.nextDouble(-1, 1));
    }
    return s;
  }

  /// Best seconds of each body, run in turns.
  private static double[] time(Body... bodies) {
    double[] best = new double[bodies.length];
    Arrays.fill(best, Double.POSITIVE_INFINITY);
    long end = System.nanoTime() + (long) (SECONDS * bodies.length * 1e9);
    for (int round = 0; round < 5 || System.nanoTime() < end; round++) {
      for (int i = 0; i < bodies.length; i++) {
        long start = THREAD.getCurrentThreadCpuTime();
        bodies[i].run();
        best[i] = Math.min(best[i], (THREAD.getCurrentThreadCpuTime() - start) * 1e-9);
      }
    }
    return best;
  }

  private static final int PEAK_STEPS = 1_000_000;

  /// Twelve independent chains.
  private void peak() {
    FloatVector x = FloatVector.broadcast(Lanes.F, 0.999f);
    FloatVector y = FloatVector.broadcast(Lanes.F, 1e-3f);
    FloatVector a = y;
    FloatVector b = y;
    FloatVector c = y;
    FloatVector d = y;
    FloatVector e = y;
    FloatVector f = y;
    FloatVector g = y;
    FloatVector h = y;
    FloatVector i = y;
    FloatVector j = y;
    FloatVector k = y;
    FloatVector l = y;
    for (int n = 0; n < PEAK_STEPS; n++) {
      a = a.fma(x, y);
      b = b.fma(x, y);
      c = c.fma(x, y);
      d = d.fma(x, y);
      e = e.fma(x, y);
      f = f.fma(x, y);
      g = g.fma(x, y);
      h = h.fma(x, y);
      i = i.fma(x, y);
      j = j.fma(x, y);
      k = k.fma(x, y);
      l = l.fma(x, y);
    }
    a = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k).add(l);
    sink += a.lane(0);
  }

  private void attention(String title, int[] lengths, int heads, int kvHeads, int d) {
    int tokens = Arrays.stream(lengths).sum();
    MemorySegment q = random((long) tokens * heads * d, 1);
    MemorySegment k = random((long) tokens * kvHeads * d, 2);
    MemorySegment v = random((long) tokens * kvHeads * d, 3);
    MemorySegment gy = random((long) tokens * heads * d, 4);
    MemorySegment y = random((long) tokens * heads * d, 5);
    MemorySegment lse = random((long) tokens * heads, 6);
    MemorySegment gq = random((long) tokens * heads * d, 7);
    MemorySegment gk = random((long) tokens * kvHeads * d, 8);
    MemorySegment gv = random((long) tokens * kvHeads * d, 9);
    AttentionTensors all = new AttentionTensors(q, k, v, y, lse, heads, kvHeads, d);
    var gradients = new AttentionTensors.Gradients(gy, gq, gk, gv);
    Ragged batch = Ragged.ofLengths(lengths);
    try (WorkerPool pool = new WorkerPool(1)) {
      AttentionWork work = new AttentionWork(pool);
      double pairs = 0;
      for (int n : lengths) {
        pairs += n * (n + 1.0) / 2;
      }
      double flop = 4 * pairs * heads * d;
      double[] t =
          time(
              this::peak,
              () -> work.forward(all, batch),
              () -> work.backward(all, gradients, batch));
      double peak = 24.0 * Lanes.L * PEAK_STEPS / t[0];
      System.out.printf(
          Locale.ROOT,
          "%-42s forward %6.1f GFLOP/s, %.2f of the fma peak; backward %6.1f, %.2f; peak %.1f%n",
          title,
          flop / t[1] / 1e9,
          flop / t[1] / peak,
          2.5 * flop / t[2] / 1e9,
          2.5 * flop / t[2] / peak,
          peak / 1e9);
    }
  }

  /// One new token for each of some sequences that share a prompt.
  private void decode(String title, int sequences, int length, int kvHeads, int group, int d) {
    int pages = length / AttentionProducts.KEYS;
    long pageBytes = 8L * AttentionProducts.KEYS * d;
    MemorySegment memory = random(pages * kvHeads * pageBytes / 4, 1);
    MemorySegment copy = random(pages * kvHeads * pageBytes / 4, 1);
    int rows = sequences * group;
    MemorySegment q = random((long) rows * d, 2);
    AttentionTile tile = new AttentionTile(rows, d);
    double[] t =
        time(
            this::peak,
            () -> sink += read(memory),
            () -> {
              for (int kv = 0; kv < kvHeads; kv++) {
                for (int r = 0; r < rows; r++) {
                  tile.load(r, q, 4L * r * d, length - 1);
                }
                for (int p = 0; p < pages; p++) {
                  long at = ((long) p * kvHeads + kv) * pageBytes;
                  tile.page(
                      memory, at, memory, at + pageBytes / 2, p * AttentionProducts.KEYS, 0, rows);
                }
                for (int r = 0; r < rows; r++) {
                  sink += tile.finish(r, copy, 4L * r * d);
                }
              }
            });
    double bytes = memory.byteSize();
    double flop = 4.0 * rows * kvHeads * length * d;
    System.out.printf(
        Locale.ROOT,
        "%-52s %6.1f GB/s, %.2f of reading (%.1f); %.1f GFLOP/s, %.2f of the fma peak%n",
        title,
        bytes / t[2] / 1e9,
        t[1] / t[2],
        bytes / t[1] / 1e9,
        flop / t[2] / 1e9,
        flop / t[2] / (24.0 * Lanes.L * PEAK_STEPS / t[0]));
  }

  private static float read(MemorySegment s) {
    return (float) RowSums.sum(s, 0, (int) (s.byteSize() / 4));
  }

  private void elements(int n) {
    MemorySegment x = random(n, 1);
    MemorySegment u = random(n, 2);
    MemorySegment y = random(n, 3);
    MemorySegment z = random(n, 4);
    MemorySegment w = random(n, 5);
    int c = 1024;
    int repeat = Math.max(1, (1 << 22) / n);
    String[] names = {
      "copy",
      "exp",
      "swiglu",
      "swiglu backward",
      "rms norm",
      "rms norm backward",
      "log prob row",
      "cross entropy gradient",
      "adamw",
      "f32 to bf16",
      "bf16 to f32",
      "sum of squares",
      "add"
    };
    double[] bytes = {8, 8, 12, 20, 8, 12, 4, 8, 28, 6, 6, 4, 12};
    LogProbRow row = new LogProbRow();
    float[] gw = new float[c];
    var step = new AdamWStep(1e-6, 0.9, 0.95, 1e-8, 0.1, 1, 0.5, 0.5);
    Body[] bodies = {
      () -> ElementKernels.copy(x, 0, y, 0, 0, n),
      () -> UnaryKernels.apply(UnaryOp.EXP, x, 0, y, 0, 0, n),
      () -> ElementKernels.swiGlu(x, 0, u, 0, y, 0, 0, n),
      () -> ElementKernels.swiGluBackward(x, 0, u, 0, w, 0, y, 0, z, 0, 0, n),
      () -> NormKernels.forward(x, 0, u, 0, y, 0, z, 0, 0, n / c, c, 1e-5f),
      () -> NormKernels.backward(x, 0, u, 0, u, 0, w, 0, y, 0, false, gw, 0, n / c, c),
      () -> row.read(x, 0, n),
      () -> RowKernels.crossEntropyGradient(y, 0, n, 5, 20f, 1f),
      () -> OptimizerKernels.adamW(step, y, 0, x, 0, u, 0, w, 0, 0, n),
      () -> CastKernels.f32ToBf16(x, 0, y, 0, 0, n),
      () -> CastKernels.bf16ToF32(x, 0, y, 0, 0, n),
      () -> sink += (float) OptimizerKernels.sumOfSquares(x, 0, n, 0),
      () -> BinaryKernels.same(BinaryOp.ADD, x, 0, u, 0, y, 0, 0, n)
    };
    Body[] repeated = new Body[bodies.length];
    for (int i = 0; i < bodies.length; i++) {
      Body body = bodies[i];
      repeated[i] =
          () -> {
            for (int r = 0; r < repeat; r++) {
              body.run();
            }
          };
    }
    double[] t = time(repeated);
    System.out.printf("%d elements%n", n);
    for (int i = 0; i < bodies.length; i++) {
      double count = (double) (i == 11 ? Math.min(n, OptimizerKernels.SQUARES_BLOCK) : n) * repeat;
      System.out.printf(
          Locale.ROOT,
          "  %-24s %6.1f GB/s, %.2f of copy, %.3f ns an element%n",
          names[i],
          bytes[i] * count / t[i] / 1e9,
          bytes[i] * count / t[i] / (8.0 * n * repeat / t[0]),
          t[i] / count * 1e9);
    }
  }
}
