package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.train.recipe.TrainingPlan.Phase;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TrainingPlanTest {
  private static TrainingPlan plan(int rows, int batch, int accumulate, double epochs, int max) {
    return new TrainingPlan(List.of(new Phase(0, rows, batch)), accumulate, epochs, max, false, 42);
  }

  @Test
  void theLastStepOfAnEpochTakesWhatIsLeft() {
    TrainingPlan plan = plan(7, 2, 3, 2, -1);
    assertThat(plan.steps()).isEqualTo(4);
    assertThat(plan.step(0).microBatches()).containsExactly(of(0, 1), of(2, 3), of(4, 5));
    assertThat(plan.step(0).endsEpoch()).isFalse();
    assertThat(plan.step(1).microBatches()).containsExactly(of(6));
    assertThat(plan.step(1).endsEpoch()).isTrue();
    assertThat(plan.step(1).epoch()).isEqualTo(1);
    assertThat(plan.step(2).microBatches()).containsExactly(of(0, 1), of(2, 3), of(4, 5));
    assertThat(plan.step(2).epoch()).isEqualTo(1.75);
    assertThat(plan.step(3).number()).isEqualTo(4);
  }

  @Test
  void epochsMayBeAFraction() {
    assertThat(plan(10, 1, 1, 0.25, -1).steps()).isEqualTo(3);
  }

  @Test
  void maxStepsRunOverEpochs() {
    TrainingPlan plan = plan(4, 2, 1, 1, 5);
    assertThat(plan.steps()).isEqualTo(5);
    assertThat(plan.step(4).microBatches()).containsExactly(of(0, 1));
    assertThat(plan.step(4).epoch()).isEqualTo(2.5);
  }

  @Test
  void aRandomOrderTakesEachRowOnceAndIsAnotherEachEpoch() {
    TrainingPlan plan = new TrainingPlan(List.of(new Phase(0, 50, 50)), 1, 2, -1, true, 7);
    int[] first = plan.step(0).microBatches().getFirst();
    int[] second = plan.step(1).microBatches().getFirst();
    assertThat(first).isNotEqualTo(second);
    assertThat(IntStream.of(first).sorted().toArray()).isEqualTo(IntStream.range(0, 50).toArray());
    assertThat(plan.step(0).microBatches().getFirst()).isEqualTo(first);
    TrainingPlan other = new TrainingPlan(List.of(new Phase(0, 50, 50)), 1, 2, -1, true, 8);
    assertThat(other.step(0).microBatches().getFirst()).isNotEqualTo(first);
  }

  @Test
  void phasesComeOneAfterTheOtherWithTheirOwnBatches() {
    List<Phase> phases = List.of(new Phase(0, 4, 2), new Phase(4, 3, 1));
    TrainingPlan plan = new TrainingPlan(phases, 1, 1, -1, false, 42);
    assertThat(plan.steps()).isEqualTo(5);
    assertThat(plan.step(1).microBatches()).containsExactly(of(2, 3));
    assertThat(plan.step(2).microBatches()).containsExactly(of(4));
    assertThat(plan.step(2).epoch()).isEqualTo(3 / 5.0);
    assertThat(plan.step(4).microBatches()).containsExactly(of(6));
    assertThat(plan.step(4).epoch()).isEqualTo(1);
  }

  @Test
  void maxStepsOnlyShortensPhases() {
    List<Phase> phases = List.of(new Phase(0, 4, 2), new Phase(4, 3, 1));
    assertThat(new TrainingPlan(phases, 1, 1, 3, false, 42).steps()).isEqualTo(3);
    assertThatThrownBy(() -> new TrainingPlan(phases, 1, 1, 6, false, 42))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--max_steps 6: the phases have only 5 steps; raise --num_train_epochs");
  }

  private static int[] of(int... rows) {
    return rows;
  }
}
