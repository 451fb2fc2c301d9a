package dev.gavel.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.bench.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TurnsTest {
  private final List<String> log = new ArrayList<>();

  /// A peer that answers with the numbers of `rates`, one after the other.
  private Peer peer(String name, String rates) throws IOException {
    String script =
        "for r in %s; do read line || exit; echo \"{\\\"work\\\":\\\"w\\\",\\\"rate\\\":$r}\"; done"
            .formatted(rates);
    return Peer.start(name, List.of("bash", "-c", script), log::add);
  }

  @Test
  void sidesTakeTurnsInBothOrders() throws IOException {
    try (Peer a = peer("a", "1 2 3");
        Peer b = peer("b", "2 2 2")) {
      Turns t =
          Turns.take(
              3,
              List.of(new Turns.Side(a, Peer.request("w")), new Turns.Side(b, Peer.request("w"))));
      assertThat(log.stream().filter(l -> l.contains("<-")).map(l -> l.substring(0, 1)))
          .containsExactly("a", "b", "b", "a", "a", "b");
      Series ratio = t.ratio(0, 1, "rate");
      assertThat(ratio.median()).isEqualTo(1);
      assertThat(ratio.spread()).isEqualTo("0.50 to 1.50");
      assertThat(t.of(0, "rate").most()).isEqualTo(3);
    }
  }

  @Test
  void aPeerThatFailsSaysWhich() throws IOException {
    try (Peer error =
            Peer.start(
                "x", List.of("bash", "-c", "read l; echo '{\"error\":\"no room\"}'"), log::add);
        Peer gone = Peer.start("y", List.of("true"), log::add)) {
      assertThatThrownBy(() -> error.ask(Peer.request("w")))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("x: ")
          .hasMessageContaining("no room");
      assertThatThrownBy(() -> gone.ask(Peer.request("w"))).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aFigureThatIsMissingIsAnError() throws IOException {
    try (Peer a = peer("a", "1")) {
      Turns t = Turns.take(1, List.of(new Turns.Side(a, Peer.request("w"))));
      assertThatThrownBy(() -> t.of(0, "speed")).hasMessageContaining("no 'speed'");
    }
  }

  @Test
  void means() {
    assertThat(Series.of(List.of(4.0, 1.0, 2.0, 3.0)).median()).isEqualTo(2.5);
    assertThat(Series.geometricMean(List.of(0.5, 2.0, 8.0))).isCloseTo(2, within(1e-12));
  }

  @Test
  void numbersHaveThreeDigits() {
    assertThat(new Table("a", "b", "c", "d").row(1234.4, 12.34, 1.234, 0.1234).row(1, "x", "", "y"))
        .hasToString(
            "| a | b | c | d |\n|---|---|---|---|\n| 1,234 | 12.3 | 1.23 | 0.123 |\n| 1 | x |  | y |\n");
  }
}
