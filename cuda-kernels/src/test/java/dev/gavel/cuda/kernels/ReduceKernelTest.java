package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Axis;
import java.util.List;
import org.junit.jupiter.api.Test;

/// [ReduceKernel] against sums in double.
class ReduceKernelTest extends StreamingTest {
  private static final int[][] SHAPES = {
    {7, 37}, {3, 1000}, {70, 64}, {1, 1}, {5, 0}, {0, 5}, {129, 8}, {2, 9000}
  };

  private final ReduceKernel kernel = new ReduceKernel(context);

  @Test
  void sums() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          Values x = normal(type, shift, s[0] * s[1], 3);
          for (Axis axis : Axis.values()) {
            sums(x, axis, s[0], s[1]);
          }
        }
      }
    }
  }

  private void sums(Values x, Axis axis, int rows, int columns) {
    int count =
        switch (axis) {
          case ALL -> 1;
          case LAST -> rows;
          case ROWS -> columns;
        };
    double[] want = new double[count];
    for (int i = 0; i < x.count; i++) {
      want[axis == Axis.ALL ? 0 : axis == Axis.LAST ? i / columns : i % columns] += x.before[i];
    }
    Values y = room(x.type, 0, count);
    long scratch = allocate(Math.max(8, ReduceKernel.scratchBytes(axis, x.type, rows, columns)));
    kernel.sum(axis, x.type, y.address, x.address, rows, columns, scratch);
    Near near = new Near("sum", x.type, axis, rows, columns);
    float[] got = y.now();
    for (int i = 0; i < count; i++) {
      near.at(i, got[i], want[i], 3e-6 * Math.sqrt(1.0 + x.count));
    }
  }

  @Test
  void normsOfSeveralTensors() {
    for (DType type : TYPES) {
      List<Values> all =
          List.of(
              normal(type, 0, 1031, 1),
              normal(type, 1, 7, 3),
              normal(type, 0, 0, 1),
              normal(type, 0, 20_000, 0.1));
      int count = all.stream().mapToInt(v -> ReduceKernel.parts(type, v.count)).sum();
      long parts = allocate(8L * count);
      double want = 0;
      int at = 0;
      for (Values v : all) {
        kernel.squares(type, parts + 8L * at, v.address, v.count);
        at += ReduceKernel.parts(type, v.count);
        for (float e : v.before) {
          want += (double) e * e;
        }
      }
      long total = allocate(8);
      long factor = allocate(4);
      kernel.total(total, parts, count);
      for (double limit : new double[] {0, 1, 1e9}) {
        kernel.clip(factor, total, limit);
        float clip = limit == 0 ? 1 : (float) Math.min(1, limit / (Math.sqrt(want) + 1e-6));
        assertThat(floats(factor, 1)[0])
            .isCloseTo(clip, org.assertj.core.data.Percentage.withPercentage(1e-4));
      }
    }
  }

  @Test
  void firstOfTheGreatest() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          if (s[1] > 0) {
            greatest(type, shift, s[0], s[1]);
          }
        }
      }
    }
  }

  private void greatest(DType type, int shift, int rows, int columns) {
    float[] v = normal(type, 0, rows * columns, 1).before;
    for (int i = 0; i < v.length; i++) {
      v[i] = Math.round(3 * v[i]);
    }
    if (rows > 1) {
      v[0] = Float.NaN; // which no other exceeds
      v[v.length - 1] = Float.NaN; // which does not exceed another
    }
    Values x = new Values(type, shift, v);
    Values y = room(type, 0, rows);
    long index = uploadInts(new int[Math.max(1, rows)]);
    kernel.max(type, y.address, index, x.address, rows, columns);
    float[] got = y.now();
    int[] places = ints(index, rows);
    for (int r = 0; r < rows; r++) {
      int best = 0;
      for (int j = 1; j < columns; j++) {
        best = v[r * columns + j] > v[r * columns + best] ? j : best;
      }
      assertThat(places[r]).as("%s row %d of %d x %d", type, r, rows, columns).isEqualTo(best);
      assertThat((Float) got[r]).isEqualTo((Float) v[r * columns + best]);
    }
  }
}
