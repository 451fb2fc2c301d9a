package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AttentionTileTest {
  private static final int KEYS = AttentionProducts.KEYS;

  /// A sequence's keys and values of one head, and its pages.
  private record Sequence(Block k, Block v, MemorySegment pages, int tokens, int d) {
    static Sequence random(Arena arena, int tokens, int d, long seed) {
      Block k = Block.uniform(arena, tokens * d, -1, 1, seed);
      Block v = Block.uniform(arena, tokens * d, -1, 1, seed + 1);
      int pages = (tokens + KEYS - 1) / KEYS;
      MemorySegment memory = arena.allocate(pages * 8L * KEYS * d, 64);
      PagePacker packer = new PagePacker(d);
      for (int t = 0, n; t < tokens; t += n) {
        n = Math.min(tokens - t, t % KEYS == 0 ? 61 : 3); // some at a time, never across a page
        n = Math.min(n, KEYS - t % KEYS);
        long page = t / KEYS * 8L * KEYS * d;
        long from = k.offset() + 4L * t * d;
        packer.put(
            k.memory(), v.memory(), from, 4L * d, n, memory, page, page + 4L * KEYS * d, t % KEYS);
      }
      return new Sequence(k, v, memory, tokens, d);
    }

    void apply(AttentionTile tile, int page, int r0, int r1) {
      long at = page * 8L * KEYS * d;
      tile.page(pages, at, pages, at + 4L * KEYS * d, page * KEYS, r0, r1);
    }

    double[] exact(Block q, int row, int position) {
      double[] out = new double[d + 1];
      double sum = 0;
      for (int j = 0; j <= position; j++) {
        double s = 0;
        for (int i = 0; i < d; i++) {
          s += q.get(row * d + i) * (double) k.get(j * d + i);
        }
        double e = Math.exp(s / Math.sqrt(d));
        sum += e;
        for (int i = 0; i < d; i++) {
          out[i] += e * v.get(j * d + i);
        }
      }
      for (int i = 0; i < d; i++) {
        out[i] /= sum;
      }
      out[d] = Math.log(sum);
      return out;
    }
  }

  /// Results of some rows: D values and the log-sum-exp each.
  private static float[] alone(Sequence s, Block q, int row, int position, Arena arena) {
    AttentionTile tile = new AttentionTile(1, s.d);
    Block out = Block.zeros(arena, s.d);
    tile.load(0, q.memory(), q.offset() + 4L * row * s.d, position);
    for (int p = 0; p <= position / KEYS; p++) {
      s.apply(tile, p, 0, 1);
    }
    float[] result = java.util.Arrays.copyOf(out.floats(), s.d + 1);
    float lse = tile.finish(0, out.memory(), out.offset());
    System.arraycopy(out.floats(), 0, result, 0, s.d);
    result[s.d] = lse;
    return result;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 12, 16, 20, 24, 32, 48, 64, 80, 96, 112, 128, 256})
  void isNearTheExactResultAndIndependentOfGrouping(int d) {
    int tokens = 150;
    int rows = 57; // more than a chunk, not whole groups
    try (Arena arena = Arena.ofConfined()) {
      Sequence s = Sequence.random(arena, tokens, d, d);
      Block q = Block.uniform(arena, rows * d, -3, 3, d + 7);
      Block out = Block.zeros(arena, rows * d);
      AttentionTile tile = new AttentionTile(rows, d);
      int[] position = new int[rows];
      for (int r = 0; r < rows; r++) {
        position[r] = r * 37 % tokens;
        tile.load(r, q.memory(), q.offset() + 4L * r * d, position[r]);
      }
      s.apply(tile, 0, 0, rows);
      s.apply(tile, 1, 0, 7);
      s.apply(tile, 1, 7, 8);
      s.apply(tile, 1, 8, rows);
      s.apply(tile, 2, 30, rows);
      s.apply(tile, 2, 0, 30);
      float[] lse = new float[rows];
      for (int r = 0; r < rows; r++) {
        lse[r] = tile.finish(r, out.memory(), out.offset() + 4L * r * d);
      }
      float[] all = out.floats();
      for (int r = 0; r < rows; r++) {
        double[] exact = s.exact(q, r, position[r]);
        for (int i = 0; i < d; i++) {
          assertThat((double) all[r * d + i]).isCloseTo(exact[i], within(2e-6));
        }
        assertThat((double) lse[r]).isCloseTo(exact[d], within(1e-5));
        float[] single = alone(s, q, r, position[r], arena);
        float[] grouped = java.util.Arrays.copyOfRange(all, r * d, (r + 1) * d + 1 - 1);
        grouped = java.util.Arrays.copyOf(grouped, d + 1);
        grouped[d] = lse[r];
        Block.assertSameBits(grouped, single, "row " + r + " of head size " + d);
      }
    }
  }

  @Test
  void hasTheBitsOfPlainLoops() {
    int d = 24;
    int tokens = 100;
    try (Arena arena = Arena.ofConfined()) {
      Sequence s = Sequence.random(arena, tokens, d, 5);
      Block q = Block.uniform(arena, d, -3, 3, 6);
      float[] expected = twin(s, q, tokens - 1);
      Block.assertSameBits(alone(s, q, 0, tokens - 1, arena), expected, "row");
    }
  }

  /// One row in plain Java.
  private static float[] twin(Sequence s, Block q, int position) {
    int d = s.d;
    float scale = (float) (1 / Math.sqrt(d));
    float[] acc = new float[d + 1];
    float max = Float.NEGATIVE_INFINITY;
    float sum = 0;
    for (int first = 0; first <= position; first += KEYS) {
      int n = Math.min(KEYS, position + 1 - first);
      float[] p = new float[n];
      float now = max;
      for (int j = 0; j < n; j++) {
        for (int i = 0; i < d; i++) {
          p[j] = Math.fma(q.get(i) * scale, s.k.get((first + j) * d + i), p[j]);
        }
        now = Math.max(now, p[j]);
      }
      for (int j = 0; j < n; j++) {
        p[j] = ScalarMath.exp(p[j] - now);
      }
      float shrink = ScalarMath.exp(max - now);
      sum = Math.fma(sum, shrink, (float) RowKernelsTest.sum(n, (i, a) -> a + p[i]));
      for (int i = 0; i < d; i++) {
        acc[i] *= shrink;
        for (int j = 0; j < n; j++) {
          acc[i] = Math.fma(p[j], s.v.get((first + j) * d + i), acc[i]);
        }
      }
      max = now;
    }
    for (int i = 0; i < d; i++) {
      acc[i] *= 1 / sum;
    }
    acc[d] = max + ScalarMath.log(sum);
    return acc;
  }

  @Test
  void whatStandsInHiddenSlotsDoesNotMatter() {
    int d = 16;
    try (Arena arena = Arena.ofConfined()) {
      Sequence s = Sequence.random(arena, 40, d, 1);
      Block q = Block.uniform(arena, d, -3, 3, 2);
      float[] before = alone(s, q, 0, 39, arena);
      for (int slot = 40; slot < KEYS; slot++) {
        for (int i = 0; i < d; i++) {
          s.pages.set(Lanes.F32, 4L * (i * KEYS + slot), 1e30f);
          s.pages.set(Lanes.F32, 4L * (KEYS * d + slot * d + i), -1e30f);
        }
      }
      Block.assertSameBits(alone(s, q, 0, 39, arena), before, "row");
    }
  }

  @Test
  void largeScoresDoNotOverflow() {
    int d = 16;
    try (Arena arena = Arena.ofConfined()) {
      Sequence s = Sequence.random(arena, 130, d, 1);
      Block q = Block.uniform(arena, d, -3, 3, 2);
      for (int i = 0; i < d; i++) {
        q.set(i, q.get(i) * 1e4f);
      }
      for (float x : alone(s, q, 0, 129, arena)) {
        assertThat(x).isFinite();
      }
    }
  }

  @Test
  void slotsOutsideAPageAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Block k = Block.zeros(arena, 8);
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> new PagePacker(4).put(k.memory(), k.memory(), 0, 16, 2, k.memory(), 0, 0, 63))
          .withMessage("slots 63 to 64 are not in a page of 64 positions");
    }
  }
}
