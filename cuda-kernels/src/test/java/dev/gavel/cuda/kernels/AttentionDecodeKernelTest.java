package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// [AttentionDecodeKernel] by way of [PagedAttention]: one new token for each sequence, pages
/// shared or not, however the work is cut.
class AttentionDecodeKernelTest extends PagedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // head size | heads | key heads | pages that all share | held before, at least these
        "64  | 4  | 1 | 0 | 0 62 63 64 130",
        "64  | 2  | 2 | 5 | 320 321 400 383 384",
        "64  | 64 | 1 | 1 | 64 70",
        "64  | 8  | 1 | 2 | 128 130 190 191 192 128 129 131 140",
        "128 | 4  | 4 | 0 | 300",
        "128 | 8  | 1 | 3 | 192 193 255",
        "128 | 8  | 2 | 4 | 256 257 260 300 319",
      })
  void attends(int headSize, int heads, int kvHeads, int shared, String old) {
    Paged p = decode(new AttentionShape(heads, kvHeads, headSize), shared, numbers(old));
    // weights and results are rounded to 8 bits; a mean of many values is small
    assertThat(p.check(attend(p).y()).worst()).isLessThan(0.016);
  }

  @ParameterizedTest
  @CsvSource({"64, 8, 2, 5", "128, 4, 2, 2"})
  void aRequestHasTheSameBitsWhateverRunsBesideIt(
      int headSize, int heads, int kvHeads, int shared) {
    int[] old = IntStream.range(0, 20).map(i -> shared * 64 + 17 * i).toArray();
    AttentionShape shape = new AttentionShape(heads, kvHeads, headSize);
    Paged p = decode(shape, shared, old);
    byte[] together = attend(p).bytes();
    int row = heads * headSize * 2;
    for (int s : new int[] {0, 3, 19}) {
      assertThat(attend(p.only(s)).bytes())
          .as("sequence " + s)
          .isEqualTo(Arrays.copyOfRange(together, s * row, (s + 1) * row));
    }
  }

  private static Paged decode(AttentionShape shape, int shared, int[] old) {
    int[] one = new int[old.length];
    Arrays.fill(one, 1);
    return Paged.of(DType.BF16, shape, old, one, shared);
  }

  @Test
  void readsSharedPagesOnceForUpTo64Rows() {
    // 20 sequences of 4 rows: 16 fit into a tile, so shared pages are read twice
    DecodePlan plan = plan(20, 8, 4, 1);
    // two groups of shared pages, for 16 and for 4 sequences; one own page for each sequence
    assertThat(plan.wideParts()).isEqualTo(2);
    assertThat(plan.narrowParts()).isEqualTo(2 + 20);
  }

  @Test
  void cutsFewSequencesFiner() {
    DecodePlan coarse = plan(1, 8, 4, 1);
    assertThat(coarse.narrowParts()).isEqualTo(3);
    assertThat(coarse.slots()).isEqualTo(3);
    DecodePlan fine = plan(1, 8, 4, 1000);
    assertThat(fine.narrowParts()).isEqualTo(9);
    assertThat(fine.slots()).isEqualTo(9);
  }

  /// Sequences with `shared` full pages in common and one page of their own.
  private static DecodePlan plan(int sequences, int shared, int group, int blocks) {
    List<DecodePlan.Sequence> list = new ArrayList<>();
    for (int s = 0; s < sequences; s++) {
      int[] pages = IntStream.rangeClosed(0, shared).toArray();
      pages[shared] = 1000 + s;
      list.add(new DecodePlan.Sequence(s, shared * 64 + 5, pages));
    }
    return DecodePlan.of(list, group, 1, blocks);
  }
}
