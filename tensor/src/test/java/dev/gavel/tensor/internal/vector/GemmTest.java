package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bits of [Gemm] against chains of `Math.fma`.
final class GemmTest {
  private static final int[] AWKWARD = {0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 62, 97, 131};

  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool TWO = new WorkerPool(2);
  private static final WorkerPool FOUR = new WorkerPool(4);

  @AfterAll
  static void close() {
    ONE.close();
    TWO.close();
    FOUR.close();
  }

  private static WorkerPool pool(int threads) {
    return threads == 1 ? ONE : threads == 2 ? TWO : FOUR;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void awkwardSizesInEveryForm(int threads) {
    Gemm gemm = new Gemm(pool(threads));
    int form = 0;
    for (int m : AWKWARD) {
      for (int n : AWKWARD) {
        for (int k : AWKWARD) {
          new Case(m, n, k, form++ % 8, form % 3).check(gemm);
        }
      }
    }
  }

  /// Beyond each of the blocks: rows (56 at the full depth), columns (512, and 1024 ahead), depth
  /// (1024), with tails.
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void largerThanTheBlocks(int threads) {
    Gemm gemm = new Gemm(pool(threads));
    int form = 0;
    for (int[] s :
        new int[][] {
          {500, 70, 300},
          {70, 1100, 290},
          {130, 1070, 1090},
          {31, 47, 4500},
          {460, 129, 2111},
          {1000, 33, 40}
        }) {
      for (int i = 0; i < 4; i++) {
        new Case(s[0], s[1], s[2], form++ % 8, i).check(gemm);
        new Case(s[0], s[1], s[2], i, 5 * i).check(gemm);
      }
    }
  }

  /// More rows than those whose sums a task keeps from one block of k to the next.
  @Test
  void moreRowsThanATaskKeeps() {
    new Case(2750, 1040, 1030, 0, 0).check(new Gemm(TWO));
  }

  @Test
  void zeroDepthWritesZerosOrNothing() {
    Gemm gemm = new Gemm(ONE);
    for (int form = 0; form < 8; form++) {
      new Case(5, 9, 0, form, 2).check(gemm);
    }
  }

  /// A negative product too small for a float leaves -0, and no padding may turn it into +0.
  @Test
  void negativeZerosSurvive() {
    for (int k : new int[] {1, 2, 3, 5, 17}) {
      Case t = new Case(9, 35, k, 1, 0);
      Bits.fill(t.a, -1e-30f);
      Bits.fill(t.b, 1e-30f);
      t.check(new Gemm(ONE));
      assertThat(Float.floatToRawIntBits(Bits.get(t.c, Case.SHIFT))).isEqualTo(0x8000_0000);
    }
  }

  @Test
  void infinitiesStayInTheirRowsAndColumns() {
    Case t = new Case(40, 70, 33, 1, 0);
    Bits.set(t.a, 3 * t.lda + 7, Float.POSITIVE_INFINITY);
    Bits.set(t.b, 69 * t.ldb + 32, Float.NaN);
    t.check(new Gemm(TWO));
  }

  @Test
  void severalCallersAtOnce() throws InterruptedException {
    Gemm gemm = new Gemm(TWO);
    List<Throwable> errors = new ArrayList<>();
    Thread[] callers = new Thread[3];
    for (int c = 0; c < callers.length; c++) {
      int form = c;
      callers[c] =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  for (int i = 0; i < 20; i++) {
                    new Case(100 + i, 120 + form, 130, form, 0).check(gemm);
                  }
                } catch (Throwable t) {
                  synchronized (errors) {
                    errors.add(t);
                  }
                }
              });
    }
    for (Thread t : callers) {
      t.join();
    }
    assertThat(errors).isEmpty();
  }

  @Test
  void aCallFromInsideAPart() {
    Gemm gemm = new Gemm(TWO);
    TWO.run(6, part -> new Case(60 + part, 150, 120, part, 1).check(gemm));
  }

  @Test
  void badArgumentsAreRefused() {
    Gemm gemm = new Gemm(ONE);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment s = NativeMemory.allocate(arena, 4 * 100);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> gemm.gemm(false, false, -1, 2, 3, s, 0, 3, s, 0, 2, s, 0, 2, false))
          .withMessage("gemm: sizes must be at least 0, got m = -1, n = 2, k = 3");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> gemm.gemm(false, true, 1, 2, 3, s, 0, 3, s, 0, 2, s, 0, 2, false))
          .withMessage("product: rows of B are 3 elements wide but 2 apart");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> gemm.gemm(true, false, 10, 2, 10, s, 4, 10, s, 0, 2, s, 0, 2, false))
          .withMessage("product: A[10, 10] needs 400 bytes from byte 4, its segment has 400");
    }
  }

  @Tag("alone")
  @Test
  void aWarmCallAllocatesNothing() {
    Gemm gemm = new Gemm(ONE);
    Case[] cases = {
      new Case(61, 97, 131, 0, 1),
      new Case(100, 64, 33, 1, 0),
      new Case(45, 70, 64, 2, 3),
      new Case(30, 30, 300, 7, 3)
    };
    Allocation.assertEndsWithout(() -> {
      for (Case t : cases) {
        t.run(gemm);
      }
    });
  }

  /// One product; `form` is a bit each for transA, transB and accumulate, rows are `gap` wider than
  /// their elements.
  static final class Case {
    private final int m;
    private final int n;
    private final int k;
    private final boolean transA;
    private final boolean transB;
    private final boolean accumulate;
    private final int lda;
    private final int ldb;
    private final int ldc;
    private final MemorySegment a;
    private final MemorySegment b;
    private final MemorySegment c;
    private static final int SHIFT = 3;

    Case(int m, int n, int k, int form, int gap) {
      this.m = m;
      this.n = n;
      this.k = k;
      transA = (form & 2) != 0;
      transB = (form & 1) != 0;
      accumulate = (form & 4) != 0;
      lda = (transA ? m : k) + gap;
      ldb = (transB ? k : n) + 2 * gap;
      ldc = n + gap;
      Random random = new Random(m * 1_000_003L + n * 1009L + k);
      a = Bits.random(random, SHIFT + (transA ? k : m) * lda);
      b = Bits.random(random, SHIFT + (transB ? n : k) * ldb);
      c = Bits.random(random, SHIFT + m * ldc);
    }

    void run(Gemm gemm) {
      gemm.gemm(
          transA, transB, m, n, k, a, 0, lda, b, 4 * SHIFT, ldb, c, 4 * SHIFT, ldc, accumulate);
    }

    void check(Gemm gemm) {
      float[] expected = Bits.array(c);
      for (int i = 0; i < m; i++) {
        for (int j = 0; j < n; j++) {
          float sum = 0;
          for (int p = 0; p < k; p++) {
            float x = Bits.get(a, transA ? p * lda + i : i * lda + p);
            float y = Bits.get(b, SHIFT + (transB ? j * ldb + p : p * ldb + j));
            sum = Math.fma(x, y, sum);
          }
          int at = SHIFT + i * ldc + j;
          expected[at] = accumulate ? expected[at] + sum : sum;
        }
      }
      run(gemm);
      Bits.assertEqual(this::toString, c, expected);
    }

    @Override
    public String toString() {
      return "%dx%dx%d transA %s transB %s accumulate %s"
          .formatted(m, n, k, transA, transB, accumulate);
    }
  }
}
