package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.DType;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// [AttentionPagedKernel] and the plain kernel over pages, by way of [PagedAttention]: several new
/// tokens on top of what the pool holds.
class AttentionPagedKernelTest extends PagedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // head size | heads | key heads | held before | new
        "BF16 | 64  | 4  | 1 | 0 100 64 63 | 2 30 64 67",
        "BF16 | 64  | 2  | 2 | 1           | 129",
        "BF16 | 128 | 8  | 1 | 0 70        | 65 5",
        "BF16 | 128 | 2  | 2 | 200         | 130",
        "BF16 | 64  | 65 | 1 | 66          | 1",
        "BF16 | 24  | 4  | 2 | 0 100 63    | 1 30 3",
        "BF16 | 17  | 4  | 1 | 5           | 65",
        "F32  | 64  | 4  | 2 | 70 0        | 1 40",
        "F32  | 12  | 4  | 1 | 0 70 63     | 5 1 3",
        "F32  | 160 | 2  | 1 | 5           | 5",
      })
  void attends(DType type, int headSize, int heads, int kvHeads, String old, String fresh) {
    Paged p =
        Paged.of(
            type, new AttentionShape(heads, kvHeads, headSize), numbers(old), numbers(fresh), 0);
    // as in AttentionForwardKernelTest
    assertThat(p.check(attend(p).y()).worst()).isLessThan(type == DType.F32 ? 3e-6 : 0.016);
  }

  @Test
  void aRequestHasTheSameBitsWhateverRunsBesideIt() {
    Paged p =
        Paged.of(
            DType.BF16,
            new AttentionShape(4, 2, 64),
            new int[] {100, 64, 7},
            new int[] {30, 1, 5},
            0);
    byte[] together = attend(p).bytes();
    assertThat(Arrays.copyOf(together, 30 * 4 * 64 * 2)).isEqualTo(attend(p.only(0)).bytes());
    assertThat(Arrays.copyOfRange(together, 30 * 4 * 64 * 2, 31 * 4 * 64 * 2))
        .isEqualTo(attend(p.only(1)).bytes());
  }

  @Test
  void refusesOtherTypes() {
    Paged p = Paged.of(DType.F32, new AttentionShape(1, 1, 8), new int[] {0}, new int[] {1}, 0);
    assertThatThrownBy(() -> new PagedAttention(context).plan(DType.F64, p.shape(), p.batch()))
        .hasMessage("attention over pages: takes F32 and BF16, found F64; cast it");
  }
}
