package dev.gavel.train.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  private static final List<String> NAMES =
      List.of("n", "mode", "model_name_or_path", "max_new_tokens", "seed", "temperature", "top_p");

  @Test
  void typingErrorsAndAbbreviations() {
    assertThat(Nearest.to("modle_name_or_path", NAMES)).isEqualTo("model_name_or_path");
    assertThat(Nearest.to("model-name-or-path", NAMES)).isEqualTo("model_name_or_path");
    assertThat(Nearest.to("model", NAMES)).isEqualTo("model_name_or_path");
    assertThat(Nearest.to("temp", NAMES)).isEqualTo("temperature");
    assertThat(Nearest.to("sede", NAMES)).isEqualTo("seed");
    assertThat(Nearest.to("topp", NAMES)).isEqualTo("top_p");
  }

  @Test
  void distances() {
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("abc", "abc")).isZero();
    assertThat(Nearest.distance("abcd", "acbd")).isEqualTo(1);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
  }
}
