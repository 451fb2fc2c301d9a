package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// What TRL's SFTTrainer makes of texts and conversations (golden/README, "How these versions
/// behave" 7-9).
class PreparationGoldenTest {
  record Case(Path root, int index, JsonNode json) {
    @Override
    public String toString() {
      return "case %d, max_length %s, %s".formatted(index, json.get("max_length"), root);
    }
  }

  static Stream<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (Path root : Golden.roots("trl/preparation.json")) {
      JsonNode all = Json.read(root.resolve("trl/preparation.json"));
      for (int i = 0; i < all.size(); i++) {
        if (all.get(i).get("trainer").asString().equals("SFTTrainer")) {
          cases.add(new Case(root, i, all.get(i)));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isWhatTheTrainerMakes(Case c, @TempDir Path dir) throws IOException {
    Path file = dir.resolve("rows.jsonl");
    StringBuilder lines = new StringBuilder();
    c.json().get("input").forEach(row -> lines.append(Json.write(row)).append('\n'));
    Files.writeString(file, lines);
    Tokenizer tokenizer = Tokenizer.load(c.root().resolve("ckpt_a"));
    SftRows.Options options =
        new SftRows.Options("prompt", "completion", Optional.empty(), false, Optional.empty());
    SftRows rows =
        new SftRows(
            options,
            Optional.of(tokenizer),
            tokenizer.vocabularySize(),
            tokenizer::chat,
            ChatOptions.DEFAULT_DATE);
    int max = c.json().get("max_length").isNull() ? 0 : c.json().get("max_length").asInt();
    JsonNode prepared = c.json().get("prepared");
    if (prepared.isEmpty()) {
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> SftDataset.read(List.of(file), rows, max, Truncation.KEEP_START)))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("none of the 4 rows has a token to learn; 4 were cut");
      return;
    }
    SftDataset found = SftDataset.read(List.of(file), rows, max, Truncation.KEEP_START);
    assertThat(found.rows()).hasSize(c.json().get("rows_kept").asInt());
    assertThat(found.dropped()).isEqualTo(c.json().get("input").size() - found.rows().size());
    for (int i = 0; i < prepared.size(); i++) {
      assertThat(found.rows().get(i).ids())
          .as("ids of row %d", i)
          .isEqualTo(ints(prepared, i, "input_ids"));
      assertThat(found.rows().get(i).labels())
          .as("labels of row %d", i)
          .isEqualTo(ints(prepared, i, "labels"));
    }
  }

  private static int[] ints(JsonNode rows, int i, String key) {
    return rows.get(i).get(key).valueStream().mapToInt(JsonNode::asInt).toArray();
  }
}
