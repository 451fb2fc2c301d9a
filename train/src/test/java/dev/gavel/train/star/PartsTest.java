package dev.gavel.train.star;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.Rng;
import dev.gavel.train.judge.PairReader;
import dev.gavel.train.judge.PairRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartsTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path dir;

  private List<PairReader.Entry> read(String lines) throws IOException {
    Path file = Files.writeString(dir.resolve("rows.jsonl"), lines);
    return new PairReader(null).readEntries(List.of(file));
  }

  /// Row i belongs to tree i % trees.
  private static String tree(int i, int trees) {
    return "{\"trajectory\":[{\"from\":\"user\",\"value\":\"q%d\"}],\"chosen\":\"a\",\"rejected\":\"b\",\"id\":\"r%d_%d_0\",\"parent_id\":\"r%d\"}\n"
        .formatted(i, i % trees, i, i % trees);
  }

  @Test
  void rowsOfOneTreeAreInOnePart() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      lines.append(tree(i, 20));
    }
    List<List<PairRow>> parts = Parts.of(read(lines.toString()), 3, 7);
    Map<String, Integer> where = new HashMap<>();
    for (int k = 0; k < 3; k++) {
      assertThat(parts.get(k)).hasSizeBetween(18, 22);
      for (PairRow row : parts.get(k)) {
        String root = row.id().stringValue().split("_", -1)[0];
        assertThat(where.merge(root, k, (a, b) -> a.equals(b) ? a : -1)).isEqualTo(k);
      }
    }
    assertThat(where).hasSize(20);
    assertThat(parts.stream().mapToInt(List::size).sum()).isEqualTo(60);
    assertThat(Parts.of(read(lines.toString()), 3, 7)).isEqualTo(parts);
    assertThat(Parts.of(read(lines.toString()), 3, 8)).isNotEqualTo(parts);
  }

  /// Thirds of the shuffled rows, as of a file without trees.
  @Test
  void otherRowsAreCutEvenly() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 50; i++) {
      lines.append("{\"prompt\":\"same\",\"chosen\":\"a%d\",\"rejected\":\"b\"}\n".formatted(i));
    }
    List<PairReader.Entry> rows = read(lines.toString());
    List<PairRow> shuffled = new ArrayList<>();
    for (int i : Rng.permutation(50, 7, Rng.stream("parts of star"))) {
      shuffled.add(rows.get(i).pair());
    }
    assertThat(Parts.of(rows, 3, 7))
        .containsExactly(
            shuffled.subList(0, 16), shuffled.subList(16, 33), shuffled.subList(33, 50));
  }

  @Test
  void aTreeThatCoversAPartLeavesItEmpty() throws IOException {
    List<List<PairRow>> parts =
        Parts.of(read(tree(0, 1) + tree(1, 1) + tree(2, 1) + tree(3, 1)), 2, 7);
    assertThat(parts.get(0)).hasSize(4);
    assertThat(parts.get(1)).isEmpty();
  }
}
