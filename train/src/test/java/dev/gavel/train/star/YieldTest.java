package dev.gavel.train.star;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.stage.Stage;
import org.junit.jupiter.api.Test;

/// The rows that can be expected, against all that n chains can be.
class YieldTest {
  private static final double RIGHT = 0.5;
  private static final double WRONG = 0.3;

  private static StarOptions star(String mode, int samples, int maxPairs) {
    Stage stage =
        new Stage("star")
            .with("model_name_or_path", "m")
            .with("dataset", "d")
            .with("output_dir", "o")
            .with("mode", mode)
            .with("samples_per_prompt", samples);
    if (mode.equals("rationalizer")) {
      stage.with("rationalize", "wrong");
    } else if (!mode.equals("sft")) {
      stage.with("max_pairs_per_prompt", maxPairs);
    }
    return stage.bind(StarConfig.class).options().star();
  }

  private interface Rows {
    double of(int right, int wrong);
  }

  /// The mean over all outcomes of n chains: each right, wrong or unread.
  private static double mean(int n, Rows rows) {
    double sum = 0;
    int all = (int) Math.pow(3, n);
    for (int code = 0; code < all; code++) {
      double p = 1;
      int right = 0;
      int wrong = 0;
      for (int i = 0, rest = code; i < n; i++, rest /= 3) {
        right += rest % 3 == 0 ? 1 : 0;
        wrong += rest % 3 == 1 ? 1 : 0;
        p *= rest % 3 == 0 ? RIGHT : rest % 3 == 1 ? WRONG : 1 - RIGHT - WRONG;
      }
      sum += p * rows.of(right, wrong);
    }
    return sum;
  }

  @Test
  void rowsAreTheMeanOverAllOutcomes() {
    Yield yield = new Yield(RIGHT, WRONG);
    assertThat(yield.rows(star("sft", 4, 1), 10))
        .isCloseTo(10 * mean(4, (r, _) -> r), within(1e-9));
    assertThat(yield.rows(star("dpo", 4, 1), 10))
        .isCloseTo(10 * mean(4, (r, w) -> r > 0 && w > 0 ? 1 : 0), within(1e-9));
    assertThat(yield.rows(star("ipo", 4, 1), 10))
        .isCloseTo(10 * mean(4, (_, w) -> w > 0 ? 1 : 0), within(1e-9));
    assertThat(yield.rows(star("rationalizer", 3, 1), 10))
        .isCloseTo(10 * mean(3, (r, _) -> r + (r < 3 ? 1 : 0)), within(1e-9));
  }

  @Test
  void thereCannotBeMoreThanTheMost() {
    for (String mode : new String[] {"sft", "dpo", "ipo", "rationalizer"}) {
      long[] most = {0};
      mean(
          4,
          (r, w) -> {
            double rows =
                switch (mode) {
                  case "sft" -> r;
                  case "dpo" -> Math.min(2, r * w);
                  case "ipo" -> Math.min(2, w);
                  default -> r + (r < 4 ? 1 : 0);
                };
            most[0] = Math.max(most[0], Math.round(rows));
            return rows;
          });
      assertThat(Yield.most(star(mode, 4, 2), 1)).as(mode).isEqualTo(most[0]);
    }
  }
}
