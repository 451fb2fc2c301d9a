package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// [GatherKernel] against loops; in f32 the sums have the same bits, because the order is the same.
class GatherKernelTest extends StreamingTest {
  /// Rows of the table, elements of a row, ids.
  private static final int[][] SHAPES = {
    {5, 7, 11}, {33, 16, 100}, {3, 1000, 70}, {300, 8, 2500}, {9, 1, 1}, {3, 4100, 2}, {4, 8, 0}
  };

  private final GatherKernel kernel = new GatherKernel(context);

  @Test
  void gathers() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          Values table = normal(type, shift, s[0] * s[1], 1);
          Values y = room(type, shift, s[2] * s[1]);
          int[] ids = ids(s[2], s[0]);
          kernel.gather(type, y.address, table.address, uploadInts(ids), s[2], s[1]);
          float[] got = y.now();
          for (int i = 0; i < ids.length; i++) {
            assertThat(Arrays.copyOfRange(got, i * s[1], (i + 1) * s[1]))
                .isEqualTo(Arrays.copyOfRange(table.before, ids[i] * s[1], (ids[i] + 1) * s[1]));
          }
        }
      }
    }
  }

  @Test
  void addsInOrder() {
    for (DType type : TYPES) {
      for (int shift : SHIFTS) {
        for (int[] s : SHAPES) {
          adds(type, shift, s[0], s[1], s[2]);
        }
      }
    }
  }

  private void adds(DType type, int shift, int rows, int stride, int count) {
    Values table = normal(type, shift, rows * stride, 1);
    Values x = normal(type, shift, count * stride, 1);
    int[] ids = ids(count, rows);
    kernel.scatterAdd(
        type,
        table.address,
        x.address,
        uploadInts(ids),
        count,
        stride,
        allocate(Math.max(4, GatherKernel.scratchBytes(count))));
    float[] sums = table.before.clone();
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < stride; j++) {
        sums[ids[i] * stride + j] += x.before[i * stride + j];
      }
    }
    float[] got = table.now();
    for (int i = 0; i < sums.length; i++) {
      sums[i] = type == DType.BF16 ? roundBf16(sums[i]) : sums[i];
    }
    assertThat(got).as("%s %d %d %d %d", type, shift, rows, stride, count).isEqualTo(sums);
  }
}
