package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.testing.Golden;
import org.junit.jupiter.api.Test;

class GoldenTest {
  @Test
  void theSmallSetIsThere() {
    assertThat(Golden.find("README.md")).isNotEmpty();
  }
}
