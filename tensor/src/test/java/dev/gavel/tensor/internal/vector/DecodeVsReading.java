package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;

import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// [PackedLinear] beside the machine's limits, in turns in the same process: two plain readers of the same
/// weights, and a loop of nothing but `fma`:
///
///     java ... DecodeVsReading [threads [seconds [BF16|F32 [rows,...]]]]
///
/// The weights are the linear layers of four blocks of a model with 1 billion weights, and its output layer.
final class DecodeVsReading {
  private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
  private static final VectorSpecies<Float> S = F;

  private static final int[][] BLOCK = {
    {2048, 2048}, {512, 2048}, {512, 2048}, {2048, 2048}, {8192, 2048}, {8192, 2048}, {2048, 8192}
  };
  private static final int BLOCKS = 4;
  private static final int VOCABULARY = 32768;
  private static final int PIECES = 64;

  private DecodeVsReading() {}

  public static void main(String[] args) throws Throwable {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 2;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 3;
    DType type = args.length > 2 ? DType.valueOf(args[2]) : DType.BF16;
    int[] rows =
        Stream.of((args.length > 3 ? args[3] : "1,2,3,4,8,16,32").split(","))
            .mapToInt(Integer::parseInt)
            .toArray();
    try (Arena arena = Arena.ofShared();
        WorkerPool pool = new WorkerPool(threads)) {
      List<PackedMatrix> model = pack(arena, pool, type);
      long bytes = model.stream().mapToLong(PackedMatrix::byteSize).sum();
      System.out.printf(
          "threads %d, lanes %d, %s, %d MiB of weights, %d MiB on huge pages%n",
          threads, L, type, bytes >> 20, NativeMemory.hugePagesKiB().orElse(0) >> 10);
      measure(arena, pool, model, bytes, rows, new Turns(threads == 1, seconds));
    }
  }

  private static List<PackedMatrix> pack(Arena arena, WorkerPool pool, DType type) {
    List<int[]> shapes = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      shapes.addAll(List.of(BLOCK));
    }
    shapes.add(new int[] {VOCABULARY, 2048});
    MemorySegment piece = NativeMemory.allocate(arena, 16 << 20);
    for (long i = 0; i < piece.byteSize(); i += 2) {
      piece.set(java.lang.foreign.ValueLayout.JAVA_SHORT, i, (short) (0x3C00 + i % 509));
    }
    List<PackedMatrix> model = new ArrayList<>();
    double best = Double.MAX_VALUE;
    for (int round = 0; round < 4; round++) {
      model.clear();
      Arena mine = round == 3 ? arena : Arena.ofShared();
      long start = System.nanoTime();
      long bytes = 0;
      for (int[] s : shapes) {
        PackedMatrix w = PackedMatrix.allocate(mine, s[0], s[1], type);
        int rows = (int) (piece.byteSize() / s[1] / type.bytes()) / 32 * 32;
        for (int first = 0; first < s[0]; first += rows) {
          w.packRows(pool, piece, 0, first, Math.min(rows, s[0] - first));
        }
        bytes += w.byteSize();
        model.add(w);
      }
      double time = 1e-9 * (System.nanoTime() - start);
      best = Math.min(best, time / bytes);
      if (mine != arena) {
        mine.close();
      }
    }
    System.out.printf(
        "packing: %.2f GB/s, a model of 2.5 GB in %.2f s%n", 1e-9 / best, 2.5e9 * best);
    return model;
  }

  private static void measure(
      Arena arena, WorkerPool pool, List<PackedMatrix> model, long bytes, int[] ms, Turns turns)
      throws Throwable {
    MemorySegment x = NativeMemory.allocate(arena, 4L * Arrays.stream(ms).max().orElse(1) * 8192);
    MemorySegment y =
        NativeMemory.allocate(arena, 4L * Arrays.stream(ms).max().orElse(1) * VOCABULARY);
    float[] sink = new float[PIECES];
    PackedLinear linear = new PackedLinear(pool);
    List<Turns.Body> bodies = new ArrayList<>();
    bodies.add(() -> model.forEach(w -> pool.run(PIECES, p -> sink[p] = one(w.data(), p))));
    bodies.add(() -> model.forEach(w -> pool.run(PIECES, p -> sink[p] = two(w.data(), p))));
    bodies.add(() -> pool.run(PIECES, p -> sink[p] = fma()));
    for (int m : ms) {
      bodies.add(() -> {
        for (PackedMatrix w : model) {
          linear.apply(w, m, x, 0, w.k(), y, 0, w.n(), false);
        }
      });
    }
    List<Turns.Time> times = turns.run(bodies.toArray(Turns.Body[]::new));
    double reading = Math.min(times.get(0).best(), times.get(1).best());
    double peak = 2.0 * PIECES * FMAS * L * CHAINS / times.get(2).best();
    System.out.printf(
        "reading: %.1f and %.1f GB/s; fma: %.0f GFLOP/s%n",
        1e-9 * bytes / times.get(0).best(), 1e-9 * bytes / times.get(1).best(), 1e-9 * peak);
    double weights = model.stream().mapToDouble(w -> (double) w.n() * w.k()).sum();
    for (int i = 0; i < ms.length; i++) {
      Turns.Time t = times.get(3 + i);
      double limit = Math.max(reading, 2 * ms[i] * weights / peak);
      System.out.printf(
          "M = %3d: %6.1f GB/s, %6.1f GFLOP/s, %.2f of reading, %.2f x the limit (median %.2f)%n",
          ms[i],
          1e-9 * bytes / t.best(),
          2e-9 * ms[i] * weights / t.best(),
          reading / t.best(),
          t.best() / limit,
          t.median() / limit);
    }
  }

  /// Adds up a piece, one stream.
  private static float one(MemorySegment w, int piece) {
    int size = (int) (w.byteSize() / PIECES / (16 * L) * (16 * L));
    MemorySegment m = w.asSlice((long) piece * size, size);
    FloatVector a = FloatVector.zero(S);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < size; i += 16 * L) {
      a = a.add(FloatVector.fromMemorySegment(S, m, i, LE));
      b = b.add(FloatVector.fromMemorySegment(S, m, i + 4 * L, LE));
      c = c.add(FloatVector.fromMemorySegment(S, m, i + 8 * L, LE));
      d = d.add(FloatVector.fromMemorySegment(S, m, i + 12 * L, LE));
    }
    return a.add(b).add(c.add(d)).lane(0);
  }

  /// Adds up a piece, two streams.
  private static float two(MemorySegment w, int piece) {
    int half = (int) (w.byteSize() / PIECES / (16 * L) * (8 * L));
    MemorySegment m = w.asSlice((long) piece * 2 * half, 2L * half);
    FloatVector a = FloatVector.zero(S);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < half; i += 8 * L) {
      a = a.add(FloatVector.fromMemorySegment(S, m, i, LE));
      b = b.add(FloatVector.fromMemorySegment(S, m, i + 4 * L, LE));
      c = c.add(FloatVector.fromMemorySegment(S, m, i + half, LE));
      d = d.add(FloatVector.fromMemorySegment(S, m, i + half + 4 * L, LE));
    }
    return a.add(b).add(c.add(d)).lane(0);
  }

  private static final long FMAS = 200_000;
  private static final int CHAINS = 10;

  /// Ten independent chains: two units with a latency of up to five cycles.
  private static float fma() {
    FloatVector x = FloatVector.broadcast(S, 0.999f);
    FloatVector y = FloatVector.broadcast(S, 1e-3f);
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
    for (int r = 0; r < FMAS; r++) {
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
    }
    return a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).lane(0);
  }
}
