package dev.gavel.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class MajorityVoteTest {
  private static double at(JsonNode votes, int k) {
    int right = 0;
    int wrong = 0;
    for (JsonNode vote : votes) {
      right += vote.intValue() == 1 ? 1 : 0;
      wrong += vote.intValue() == -1 ? 1 : 0;
    }
    return MajorityVote.curve(right, wrong, votes.size())[k - 1];
  }

  @Test
  void equalsTheReference() throws IOException {
    for (Path file : Golden.find("votes/majority.json")) {
      JsonNode golden = Json.read(file);
      for (JsonNode row : golden.get("small")) {
        assertThat(at(row.get("votes"), row.get("k").intValue()))
            .isCloseTo(row.get("value").doubleValue(), within(1e-12));
      }
      JsonNode table = golden.get("tables").get(0);
      for (JsonNode row : golden.get("tables")) {
        table = row.get("table").isNull() ? table : row.get("table");
        int k = row.get("k").intValue();
        for (int i = 0; i < table.size(); i++) {
          assertThat(at(table.get(i), k))
              .isCloseTo(row.get("per_item").get(i).doubleValue(), within(1e-12));
        }
      }
    }
  }

  /// The definition, in rational arithmetic.
  private static double exact(int right, int wrong, int draws, int k) {
    BigInteger twice = BigInteger.ZERO;
    for (int i = 0; i <= right; i++) {
      for (int j = 0; j <= wrong; j++) {
        BigInteger subsets =
            choose(right, i)
                .multiply(choose(wrong, j))
                .multiply(choose(draws - right - wrong, k - i - j));
        twice = twice.add(subsets.multiply(BigInteger.valueOf(i > j ? 2 : i == j ? 1 : 0)));
      }
    }
    return new BigDecimal(twice)
        .divide(new BigDecimal(choose(draws, k)), MathContext.DECIMAL64)
        .divide(BigDecimal.TWO, MathContext.DECIMAL64)
        .doubleValue();
  }

  private static BigInteger choose(int n, int k) {
    if (k < 0 || k > n) {
      return BigInteger.ZERO;
    }
    BigInteger value = BigInteger.ONE;
    for (int i = 0; i < k; i++) {
      value = value.multiply(BigInteger.valueOf(n - i)).divide(BigInteger.valueOf(i + 1));
    }
    return value;
  }

  @Test
  void equalsTheDefinitionForEveryCountOfElevenDraws() {
    for (int right = 0; right <= 11; right++) {
      for (int wrong = 0; right + wrong <= 11; wrong++) {
        double[] curve = MajorityVote.curve(right, wrong, 11);
        for (int k = 1; k <= 11; k++) {
          assertThat(curve[k - 1]).isCloseTo(exact(right, wrong, 11, k), within(1e-14));
        }
        assertThat(curve[10]).isCloseTo(MajorityVote.all(right, wrong), within(1e-14));
      }
    }
  }

  @Test
  void staysExactForManyDraws() {
    double[] curve = MajorityVote.curve(70, 55, 150);
    for (int k : new int[] {1, 2, 33, 75, 149, 150}) {
      assertThat(curve[k - 1]).isCloseTo(exact(70, 55, 150, k), within(1e-12));
    }
  }

  @Test
  void impossibleCountsAreRefused() {
    assertThatThrownBy(() -> MajorityVote.curve(3, 2, 4))
        .hasMessage("3 right and 2 wrong of 4 draws is impossible");
    assertThatThrownBy(() -> MajorityVote.curve(0, 0, 0)).hasMessageContaining("of 0 draws");
  }
}
