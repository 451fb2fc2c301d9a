package dev.gavel.train.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PaceTest {
  @TempDir private Path dir;

  private Pace of(String text) throws IOException {
    return Pace.read(Files.writeString(dir.resolve("timings.jsonl"), text));
  }

  private static String row(int step, double seconds, double rate) {
    return "{\"step\":%d,\"seconds\":%s,\"tokens_per_second\":%s}\n".formatted(step, seconds, rate);
  }

  /// The clock of a resumed run begins anew; what was done twice took time twice.
  @Test
  void theTimeOfAllProcesses() throws IOException {
    Pace pace = of(row(1, 2, 10) + row(2, 5, 30) + row(2, 1.5, 20) + row(3, 4, 1000) + "{\"step");
    assertThat(pace.seconds()).isCloseTo(9, within(1e-12));
    assertThat(pace.tokensPerSecond()).isEqualTo(25);
    assertThat(of(row(1, 2, 10)).tokensPerSecond()).isEqualTo(10);
  }

  @Test
  void nothingWasTimed() throws IOException {
    assertThat(of("").seconds()).isZero();
    assertThat(of("").tokensPerSecond()).isNaN();
    assertThat(Pace.read(dir.resolve("none")).seconds()).isZero();
  }
}
