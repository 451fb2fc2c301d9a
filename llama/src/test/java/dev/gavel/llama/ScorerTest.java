package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a sequence gets depends on its tokens alone.
class ScorerTest {
  private static final Path FOLDER = Golden.find("ckpt_a").getFirst();

  private static int[] sequence(int length, int seed) {
    int[] ids = new int[length];
    for (int i = 0; i < length; i++) {
      ids[i] = (i * 31 + i * i * 7 + seed * 97) % 330;
    }
    return ids;
  }

  private static List<Scorer.Scores> score(int threads, int piece, int top, int[]... sequences)
      throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, threads);
        Llama model = GoldenFolders.load(FOLDER, device, false);
        Scorer scorer = new Scorer(model, piece)) {
      return scorer.score(List.of(sequences), top);
    }
  }

  private static void same(Scorer.Scores found, Scorer.Scores expected, int tokens) {
    assertThat(Arrays.copyOf(found.logprobs(), tokens))
        .isEqualTo(Arrays.copyOf(expected.logprobs(), tokens));
    for (int t = 0; t < Math.min(found.top().size(), tokens); t++) {
      assertThat(found.top().get(t).ids()).isEqualTo(expected.top().get(t).ids());
      assertThat(found.top().get(t).logprobs()).isEqualTo(expected.top().get(t).logprobs());
    }
  }

  @Test
  void piecesNeighboursThreadsAndWhatFollowsChangeNoBit() throws IOException {
    int[] text = sequence(300, 1);
    Scorer.Scores alone = score(1, 512, 3, text).getFirst();
    same(score(2, 64, 3, text).getFirst(), alone, 300);
    same(score(4, 37, 3, text).getFirst(), alone, 300);
    same(
        score(2, 512, 3, sequence(5, 2), text, sequence(1, 3), sequence(90, 4)).get(1), alone, 300);
    same(score(2, 100, 3, Arrays.copyOf(text, 130)).getFirst(), alone, 130);
  }

  @Test
  void topsAreSortedAndAgreeWithTheLogProbs() throws IOException {
    int[] text = sequence(40, 5);
    int vocabulary = ModelFolder.readConfig(FOLDER).vocabSize();
    Scorer.Scores scores = score(2, 512, vocabulary, text).getFirst();
    assertThat(scores.top()).hasSize(40);
    for (int t = 0; t < 40; t++) {
      Scorer.Top top = scores.top().get(t);
      double mass = 0;
      for (int j = 0; j < vocabulary; j++) {
        mass += Math.exp(top.logprobs()[j]);
        boolean next = t + 1 < 40 && top.ids()[j] == text[t + 1];
        assertThat(!next || top.logprobs()[j] == scores.logprobs()[t + 1]).isTrue();
        if (j > 0 && top.logprobs()[j] == top.logprobs()[j - 1]) {
          assertThat(top.ids()[j]).isNotEqualTo(top.ids()[j - 1]);
        } else if (j > 0) {
          assertThat(top.logprobs()[j]).isLessThan(top.logprobs()[j - 1]);
        }
      }
      assertThat(mass).isCloseTo(1, org.assertj.core.data.Offset.offset(1e-5));
      assertThat(Arrays.stream(top.ids()).distinct().count()).isEqualTo(vocabulary);
    }
  }
}
