package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cuda.kernels.SampleKernel.Ask;
import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// [SampleKernel] against sorting in double.
class SampleKernelTest extends StreamingTest {
  private static final List<Ask> KINDS =
      List.of(
          new Ask(0.5, 1, 0, 1, 0),
          new Ask(0.5, 0.6, 0, 0.9, 0),
          new Ask(0.5, 2, 5, 1, 0),
          new Ask(0.5, 1, 20, 0.7, 0.1),
          new Ask(0.5, 0, 0, 1, 0),
          new Ask(0.5, 1, 0, 0.01, 0),
          new Ask(0.5, 1, 0, 1, 0.3),
          new Ask(0.5, 0.7, 1_000_000, 0.999, 0));

  private final SampleKernel kernel = new SampleKernel(context);

  private record Drawn(int[] ids, float[] logprobs) {}

  private Drawn draw(Values logits, int columns, List<Ask> asks) {
    int rows = asks.size();
    long ids = allocate(4L * rows);
    long logprobs = allocate(4L * rows);
    long device = allocate((long) SampleKernel.ASK_BYTES * rows);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate((long) SampleKernel.ASK_BYTES * rows, 8);
      SampleKernel.write(asks, host);
      context.upload(host, device);
    }
    long scratch = allocate(SampleKernel.scratchBytes(rows, columns));
    kernel.run(logits.type, ids, logprobs, logits.address, columns, asks, device, scratch);
    return new Drawn(ints(ids, rows), floats(logprobs, rows));
  }

  /// What remains of each probability, up to a factor, in the order of ids.
  private static double[] cut(float[] z, int from, int columns, Ask a) {
    double[] p = new double[columns];
    double top = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < columns; j++) {
      top = Math.max(top, z[from + j]);
    }
    for (int j = 0; j < columns; j++) {
      p[j] = Math.exp((z[from + j] - top) / a.temperature());
    }
    int[] order =
        IntStream.range(0, columns)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer j) -> -p[j])) // stable: lower ids first
            .mapToInt(Integer::intValue)
            .toArray();
    if (a.topK() > 0 && a.topK() < columns) {
      double least = p[order[a.topK() - 1]];
      for (int j = 0; j < columns; j++) {
        p[j] = p[j] < least ? 0 : p[j];
      }
    }
    double all = java.util.Arrays.stream(p).sum();
    double sum = 0;
    for (int j : order) {
      boolean reached = a.topP() < 1 && sum >= a.topP() * all;
      sum += p[j];
      p[j] = reached ? 0 : p[j];
    }
    for (int j = 0; j < columns; j++) {
      p[j] = p[j] < a.minP() ? 0 : p[j];
    }
    return p;
  }

  private static int expected(float[] z, int from, int columns, Ask a) {
    if (a.greedy()) {
      int best = 0;
      for (int j = 1; j < columns; j++) {
        best = z[from + j] > z[from + best] ? j : best;
      }
      return best;
    }
    double[] p = cut(z, from, columns, a);
    double limit = a.u() * java.util.Arrays.stream(p).sum();
    double running = 0;
    for (int j = 0; j < columns; j++) {
      running += p[j];
      if (p[j] > 0 && running > limit) {
        return j;
      }
    }
    throw new AssertionError("nothing is left");
  }

  private void compare(Values z, int rows, int columns) {
    List<Ask> asks = new ArrayList<>();
    for (int r = 0; r < rows; r++) {
      Ask k = KINDS.get(r % KINDS.size());
      asks.add(new Ask(random.nextDouble(), k.temperature(), k.topK(), k.topP(), k.minP()));
    }
    Drawn drawn = draw(z, columns, asks);
    Near near = new Near("log-probability", DType.F32, rows, columns);
    for (int r = 0; r < rows; r++) {
      int from = r * columns;
      int id = expected(z.before, from, columns, asks.get(r));
      assertThat(drawn.ids[r])
          .as("row %d of %d %s logits, %s", r, columns, z.type, asks.get(r))
          .isEqualTo(id);
      double sum = 0;
      for (int j = 0; j < columns; j++) {
        sum += Math.exp(z.before[from + j] - z.before[from + id]);
      }
      near.at(r, drawn.logprobs[r], -Math.log(sum), 6e-6);
    }
  }

  @Test
  void drawsWhatSortingDraws() {
    for (DType type : TYPES) {
      for (int[] s : new int[][] {{8, 37}, {8, 1300}, {8, 1}, {2, 9000}}) {
        compare(normal(type, 0, s[0] * s[1], 2.5), s[0], s[1]);
      }
      compare(normal(type, 1, 8 * 301, 2.5), 8, 301);
    }
  }

  /// Few values, many tokens of each: what crosses a limit is one of a crowd.
  @Test
  void tiesGoToLowerIds() {
    for (DType type : TYPES) {
      for (int columns : new int[] {37, 1300}) {
        float[] z = new float[8 * columns];
        for (int i = 0; i < z.length; i++) {
          z[i] = random.nextInt(4) - 1.5f;
          z[i] = z[i] == 0.5f ? random.nextBoolean() ? -0f : 0f : z[i];
        }
        compare(new Values(type, 0, z), 8, columns);
      }
    }
  }

  @Test
  void aRowDoesNotDependOnItsNeighbours() {
    Values z = normal(DType.BF16, 0, 8 * 700, 2);
    List<Ask> asks = KINDS.subList(0, 8);
    int[] together = draw(z, 700, asks).ids;
    for (int r = 0; r < 8; r++) {
      float[] own = new float[700];
      System.arraycopy(z.before, r * 700, own, 0, 700);
      assertThat(draw(new Values(DType.BF16, 0, own), 700, List.of(asks.get(r))).ids)
          .containsExactly(together[r]);
    }
  }

  @Test
  void whatIsNotANumberHasNoToken() {
    float[] z = new float[2 * 100];
    z[50] = Float.NaN;
    Drawn drawn = draw(new Values(DType.F32, 0, z), 100, List.of(KINDS.get(1), KINDS.get(4)));
    assertThat(drawn.ids).containsExactly(-1, 0);
    assertThat(drawn.logprobs[0]).isNaN();
  }
}
