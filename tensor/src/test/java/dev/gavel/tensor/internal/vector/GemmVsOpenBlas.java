package dev.gavel.tensor.internal.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/// [Gemm] beside OpenBLAS' sgemm, in turns in the same process:
///
///     OPENBLAS_CORETYPE=Haswell java -XX:UseAVX=2 ... GemmVsOpenBlas [threads [seconds [shapes]]]
///
/// `Haswell` is OpenBLAS' AVX2 kernel, `SkylakeX` the one for AVX-512. One thread is measured by its CPU
/// time, so that other work on the machine does no harm; several threads need quiet cores.
final class GemmVsOpenBlas {
  private static final int[][] LARGE = {
    {1024, 1024, 1024}, {2048, 2048, 2048}, {512, 8192, 2048}, {512, 2048, 8192}
  };
  private static final int[][] OTHERS = {
    {61, 97, 131},
    {64, 8192, 2048},
    {2048, 768, 288},
    {2048, 288, 768},
    {2048, 288, 288},
    {512, 512, 512}
  };
  private static final String[] FORMS = {"NT", "NN", "TN"};

  private GemmVsOpenBlas() {}

  public static void main(String[] args) throws Throwable {
    int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 2;
    String only = args.length > 2 ? args[2] : "";
    Optional<MethodHandle> sgemm = openBlas(threads);
    if (sgemm.isEmpty()) {
      System.out.println("skipped: no libopenblas.so.0 here (Debian: libopenblas0-pthread)");
      return;
    }
    System.out.printf("threads %d, tile %dx%d%n", threads, Lanes.ROWS, Lanes.COLUMNS);
    try (WorkerPool pool = new WorkerPool(threads)) {
      Gemm gemm = new Gemm(pool);
      Turns turns = new Turns(threads == 1, seconds);
      List<Double> ratios = measure(LARGE, only, sgemm.get(), gemm, turns);
      if (!ratios.isEmpty()) {
        System.out.printf(
            "large: geometric mean %.3f, lowest %.3f of OpenBLAS%n",
            Turns.geometricMean(ratios), ratios.stream().mapToDouble(r -> r).min().orElse(0));
      }
      measure(OTHERS, only, sgemm.get(), gemm, turns);
    }
  }

  private static List<Double> measure(
      int[][] shapes, String only, MethodHandle sgemm, Gemm gemm, Turns turns) throws Throwable {
    List<Double> ratios = new ArrayList<>();
    for (int[] s : shapes) {
      String shape = s[0] + "x" + s[1] + "x" + s[2];
      for (String form : FORMS) {
        if (only.isEmpty() || (form + " " + shape).contains(only)) {
          ratios.add(measure(form, s[0], s[1], s[2], sgemm, gemm, turns));
        }
      }
    }
    return ratios;
  }

  private static double measure(
      String form, int m, int n, int k, MethodHandle sgemm, Gemm gemm, Turns turns)
      throws Throwable {
    boolean transA = form.charAt(0) == 'T';
    boolean transB = form.charAt(1) == 'T';
    int lda = transA ? m : k;
    int ldb = transB ? k : n;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment a = random(arena, (long) m * k, 1);
      MemorySegment b = random(arena, (long) n * k, 2);
      MemorySegment c = NativeMemory.allocate(arena, 4L * m * n);
      MemorySegment d = NativeMemory.allocate(arena, 4L * m * n);
      int ta = transA ? 112 : 111; // CblasTrans, CblasNoTrans
      int tb = transB ? 112 : 111;
      // short programs are repeated, as the clock of a thread is coarse
      int repeats = (int) Math.max(1, 50_000_000L / ((long) m * n * k));
      List<Turns.Time> times =
          turns.run(
              () -> {
                for (int i = 0; i < repeats; i++) {
                  sgemm.invokeExact(101, ta, tb, m, n, k, 1f, a, lda, b, ldb, 0f, d, n);
                }
              },
              () -> {
                for (int i = 0; i < repeats; i++) {
                  gemm.gemm(transA, transB, m, n, k, a, 0, lda, b, 0, ldb, c, 0, n, false);
                }
              });
      double flops = 2e-9 * m * n * k * repeats;
      Turns.Time blas = times.get(0);
      Turns.Time ours = times.get(1);
      System.out.printf(
          "%s %-15s OpenBLAS %6.1f (median %6.1f)  Gavel %6.1f (%6.1f) GFLOP/s, ratio %.3f (%.3f)%n",
          form,
          m + "x" + n + "x" + k,
          flops / blas.best(),
          flops / blas.median(),
          flops / ours.best(),
          flops / ours.median(),
          blas.best() / ours.best(),
          blas.median() / ours.median());
      return blas.best() / ours.best();
    }
  }

  private static MemorySegment random(Arena arena, long count, int seed) {
    MemorySegment s = NativeMemory.allocate(arena, 4 * count);
    Random random = new Random(seed);
    for (long i = 0; i < count; i++) {
      s.set(ValueLayout.JAVA_FLOAT, 4 * i, random.nextFloat(-1, 1));
    }
    return s;
  }

  /// `cblas_sgemm`, where the library is installed.
  @SuppressWarnings("restricted")
  static Optional<MethodHandle> openBlas(int threads) throws Throwable {
    var i = ValueLayout.JAVA_INT;
    var f = ValueLayout.JAVA_FLOAT;
    var p = ValueLayout.ADDRESS;
    Linker linker = Linker.nativeLinker();
    SymbolLookup library;
    try {
      library = SymbolLookup.libraryLookup("libopenblas.so.0", Arena.global());
    } catch (IllegalArgumentException absent) {
      return Optional.empty();
    }
    linker
        .downcallHandle(
            library.find("openblas_set_num_threads").orElseThrow(), FunctionDescriptor.ofVoid(i))
        .invokeExact(threads);
    return Optional.of(
        linker.downcallHandle(
            library.find("cblas_sgemm").orElseThrow(),
            FunctionDescriptor.ofVoid(i, i, i, i, i, i, f, p, i, p, i, f, p, i)));
  }
}
