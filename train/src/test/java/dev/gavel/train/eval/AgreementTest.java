package dev.gavel.train.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.train.judge.Side;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AgreementTest {
  private static List<@Nullable Side> sides(String letters) {
    List<@Nullable Side> sides = new ArrayList<>();
    letters.chars().forEach(c -> sides.add(c == 'F' ? Side.FIRST : c == 'S' ? Side.SECOND : null));
    return sides;
  }

  /// The table 20, 5, 10, 15 of two readers of 50 grants, kappa 0.4: 0.7 observed, 0.5 by chance.
  @Test
  void kappaOfATableWithAKnownResult() {
    String a = "F".repeat(25) + "S".repeat(25);
    String b = "F".repeat(20) + "S".repeat(5) + "F".repeat(10) + "S".repeat(15);
    Agreement found = Agreement.of(sides(a), sides(b));
    assertThat(found.agreement()).isEqualTo(0.7);
    assertThat(found.kappa()).isCloseTo(0.4, within(1e-12));
  }

  @Test
  void neitherIsAThirdWord() {
    Agreement found = Agreement.of(sides("FS-F"), sides("FS--"));
    assertThat(found.table()[0]).containsExactly(1, 0, 1);
    assertThat(found.table()[2]).containsExactly(0, 0, 1);
    assertThat(found.agreement()).isEqualTo(0.75);
    double chance = (2 * 1 + 1 * 1 + 1 * 2) / 16.0;
    assertThat(found.kappa()).isCloseTo((0.75 - chance) / (1 - chance), within(1e-12));
  }

  @Test
  void kappaOfTwoConstantsIsNotDefined() {
    assertThat(Agreement.of(sides("FFF"), sides("FFF")).kappa()).isNull();
    assertThat(Agreement.of(sides("FFF"), sides("SSS")).kappa()).isZero();
  }
}
