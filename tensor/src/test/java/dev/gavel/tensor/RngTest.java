package dev.gavel.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RngTest {
  /// Known answers of the Random123 distribution (kat_vectors, philox4x32 with 10 rounds).
  @Test
  void matchesThePublishedAnswers() {
    assertThat(Rng.philox(new int[] {0, 0, 0, 0}, new int[] {0, 0}))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(Rng.philox(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(
            Rng.philox(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                new int[] {0xa4093822, 0x299f31d0}))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void normalsHaveMeanZeroAndVarianceOne() {
    double sum = 0;
    double squares = 0;
    int n = 100_000;
    for (int i = 0; i < n; i++) {
      double x = Rng.normal(1, 2, i);
      sum += x;
      squares += x * x;
    }
    assertThat(sum / n).isCloseTo(0, within(0.02));
    assertThat(squares / n).isCloseTo(1, within(0.02));
  }

  @Test
  void manyNormalsAreThoseAskedForOneByOne() {
    float[] some = new float[7];
    for (int first : new int[] {0, 1, 4, 5}) {
      Rng.normals(9, 8, first, 0.5, some, 7);
      for (int i = 0; i < 7; i++) {
        assertThat(some[i]).isEqualTo((float) (0.5 * Rng.normal(9, 8, first + i)));
      }
    }
    Rng.normals(9, 8, 3, 1, some, 0);
    Rng.normals(9, 8, 3, 1, some, 1);
    assertThat(some[0]).isEqualTo((float) Rng.normal(9, 8, 3));
  }

  /// Fixed, as a folder of random weights is known by its seed.
  @Test
  void normalsStayWhatTheyAre() {
    assertThat(Rng.normal(42, 7, 0)).isEqualTo(-0.23572248211643423);
    assertThat(Rng.normal(42, 7, 1)).isEqualTo(0.4055612018502357);
  }

  @Test
  void belowIsUniformAndAPermutationHoldsAll() {
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[Rng.below(7, 3, 4, i)]++;
    }
    for (int c : counts) {
      assertThat(c).isBetween(9_600, 10_400);
    }
    assertThat(Rng.permutation(50, 5, 6)).doesNotHaveDuplicates().hasSize(50).contains(0, 49);
  }
}
