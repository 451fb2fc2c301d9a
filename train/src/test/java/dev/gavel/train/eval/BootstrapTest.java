package dev.gavel.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.eval.Bootstrap.Interval;
import java.util.List;
import org.junit.jupiter.api.Test;

class BootstrapTest {
  private static final Bootstrap BOOTSTRAP = new Bootstrap(7, 10_000);

  private static double[] coins(int n, int ones) {
    double[] values = new double[n];
    for (int i = 0; i < ones; i++) {
      values[i] = 1;
    }
    return values;
  }

  @Test
  void theIntervalOfAProportionHasItsNormalHalfWidth() {
    Interval interval = BOOTSTRAP.mean(coins(400, 300));
    double half = 1.96 * Math.sqrt(0.75 * 0.25 / 400);
    assertThat(interval.low()).isCloseTo(0.75 - half, within(0.004));
    assertThat(interval.high()).isCloseTo(0.75 + half, within(0.004));
  }

  @Test
  void aConstantHasNoWidthAndASeedRepeats() {
    assertThat(BOOTSTRAP.mean(coins(5, 5))).isEqualTo(new Interval(1, 1));
    Interval first = BOOTSTRAP.mean(coins(50, 20));
    assertThat(BOOTSTRAP.mean(coins(50, 20))).isEqualTo(first);
    assertThat(new Bootstrap(8, 99).mean(coins(50, 20))).isNotEqualTo(first);
  }

  @Test
  void pairingRemovesWhatTwoMethodsShare() {
    double[] a = coins(300, 200);
    double[] b = a.clone();
    b[0] = 0;
    Interval difference = BOOTSTRAP.difference(a, b);
    assertThat(difference.low()).isZero();
    assertThat(difference.high()).isBetween(0.005, 0.02);
  }

  @Test
  void strataAreResampledApartAndCountAlike() {
    // 200 items at 1 and 10 at 0: each stratum alone has no spread, the mean of means is 1/2
    assertThat(BOOTSTRAP.stratified(List.of(coins(200, 200), coins(10, 0))))
        .isEqualTo(new Interval(0.5, 0.5));
  }

  @Test
  void columnsShareTheirResamples() {
    double[][] items = {{0, 1}, {1, 0}, {1, 0}};
    List<Interval> both = BOOTSTRAP.means(List.<double[][]>of(items));
    assertThat(both.get(0)).isEqualTo(BOOTSTRAP.mean(new double[] {0, 1, 1}));
    assertThat(both.get(1)).isEqualTo(BOOTSTRAP.mean(new double[] {1, 0, 0}));
  }

  @Test
  void nothingToResampleIsRefused() {
    assertThatThrownBy(() -> BOOTSTRAP.mean(new double[0])).hasMessageContaining("no items");
    assertThatThrownBy(() -> BOOTSTRAP.difference(new double[1], new double[2]))
        .hasMessageContaining("1 and 2");
  }
}
