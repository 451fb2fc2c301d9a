package dev.gavel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportOptionsTest {
  private static ReportOptions parse(String... words) {
    return ReportOptions.parse(List.of(words), List.of("gemm", "start"), Path.of("/tree"));
  }

  @Test
  void everySectionShortlyUnlessSaidOtherwise() {
    ReportOptions options = parse();
    assertThat(options.full()).isFalse();
    assertThat(options.wants("gemm", false)).isTrue();
    assertThat(options.wants("votes", true)).isFalse();
    assertThat(options.outputFile()).isEqualTo(Path.of("/tree/bench/PERFORMANCE.md"));
  }

  @Test
  void flagsComeWithABlankOrAnEqualsSign() {
    ReportOptions options = parse("--full", "--only=start", "--turns", "2", "--output_file=x.md");
    assertThat(options.full()).isTrue();
    assertThat(options.wants("gemm", false)).isFalse();
    assertThat(options.turns()).isEqualTo(2);
    assertThat(options.outputFile()).isEqualTo(Path.of("x.md"));
    assertThat(parse("--full", "false").full()).isFalse();
  }

  @Test
  void mistakesAreNamed() {
    assertThatThrownBy(() -> parse("--fast")).hasMessage("unknown option --fast");
    assertThatThrownBy(() -> parse("--only", "gem"))
        .hasMessage("--only gem: no such section; here are [gemm, start]");
    assertThatThrownBy(() -> parse("--turns", "0")).hasMessage("--turns 0: expected 1 or more");
    assertThatThrownBy(() -> parse("--turns")).hasMessage("--turns needs a value");
  }
}
