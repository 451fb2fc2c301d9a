package dev.gavel.tensor.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void warmsUpFromZeroThenFollowsItsShape() {
    Schedule linear = new Schedule(Schedule.Type.LINEAR, 2, 10, 0);
    assertThat(linear.factor(0)).isZero();
    assertThat(linear.factor(1)).isEqualTo(0.5);
    assertThat(linear.factor(2)).isEqualTo(1);
    assertThat(linear.factor(6)).isEqualTo(0.5);
    assertThat(linear.factor(10)).isZero();
    Schedule cosine = new Schedule(Schedule.Type.COSINE, 0, 10, 0);
    assertThat(cosine.factor(5)).isCloseTo(0.5, within(1e-15));
    assertThat(new Schedule(Schedule.Type.COSINE_WITH_MIN_LR, 0, 10, 0.1).factor(10))
        .isCloseTo(0.1, within(1e-15));
    assertThat(new Schedule(Schedule.Type.CONSTANT_WITH_WARMUP, 4, 10, 0).factor(9)).isEqualTo(1);
    assertThat(new Schedule(Schedule.Type.CONSTANT, 0, 10, 0).factor(0)).isEqualTo(1);
  }

  @Test
  void decaysMatricesOnly() {
    assertThat(AdamW.decays("model.embed_tokens.weight")).isTrue();
    assertThat(AdamW.decays("model.layers.0.self_attn.q_proj.weight")).isTrue();
    assertThat(AdamW.decays("model.layers.0.input_layernorm.weight")).isFalse();
    assertThat(AdamW.decays("model.norm.weight")).isFalse();
    assertThat(AdamW.decays("q_proj.bias")).isFalse();
  }
}
