package dev.gavel.train.judge;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerdictRuleTest {
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "so [[A]], A, A, A",
        "so [[B]], B, B, B",
        "[[B]] or [[A]], A, B, -",
        "[[A]] or [[B]], A, A, -",
        "[[A]] yes [[A]], A, A, A",
        "[A] [[C]] [[ A ]] [[a]], -, -, -",
        "'', -, -, -",
        "[[[A]]], A, A, A",
      })
  void eachRuleReads(
      String text,
      @Nullable Verdict rewardbench,
      @Nullable Verdict first,
      @Nullable Verdict strict) {
    assertThat(VerdictRule.REWARDBENCH.read(text)).isEqualTo(rewardbench);
    assertThat(VerdictRule.FIRST.read(text)).isEqualTo(first);
    assertThat(VerdictRule.STRICT.read(text)).isEqualTo(strict);
  }
}
