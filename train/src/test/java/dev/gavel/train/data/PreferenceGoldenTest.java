package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.ChatOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// What TRL's DPOTrainer and RewardTrainer make of pairs (golden/README, "How these versions
/// behave" 7-9).
class PreferenceGoldenTest {
  record Case(Path root, int index, PreferenceRows.Use use, JsonNode json) {
    @Override
    public String toString() {
      return "case %d, %s, max_length %s, %s, %s"
          .formatted(
              index, use, json.get("max_length"), json.path("truncation_mode").asString(""), root);
    }
  }

  static Stream<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (Path root : Golden.roots("trl/preparation.json")) {
      JsonNode all = Json.read(root.resolve("trl/preparation.json"));
      for (int i = 0; i < all.size(); i++) {
        switch (all.get(i).get("trainer").asString()) {
          case "DPOTrainer" -> cases.add(new Case(root, i, PreferenceRows.Use.DPO, all.get(i)));
          case "RewardTrainer" ->
              cases.add(new Case(root, i, PreferenceRows.Use.REWARD, all.get(i)));
          default -> {}
        }
      }
    }
    return cases.stream();
  }

  private static PreferenceRows rows(Path root, PreferenceRows.Use use) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(root.resolve("ckpt_a"));
    return new PreferenceRows(
        use,
        PreferenceRowsTest.OPTIONS,
        Optional.of(tokenizer),
        tokenizer.vocabularySize(),
        tokenizer::chat,
        ChatOptions.DEFAULT_DATE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void isWhatTheTrainerMakes(Case c, @TempDir Path dir) throws IOException {
    Path file = dir.resolve("rows.jsonl");
    StringBuilder lines = new StringBuilder();
    c.json().get("input").forEach(row -> lines.append(Json.write(row)).append('\n'));
    Files.writeString(file, lines);
    PreferenceRows rows = rows(c.root(), c.use());
    int max = c.json().get("max_length").isNull() ? 0 : c.json().get("max_length").asInt();
    Truncation truncation =
        c.json().path("truncation_mode").asString("").equals("keep_end")
            ? Truncation.KEEP_END
            : Truncation.KEEP_START;
    int read = c.json().get("input").size();
    int kept = c.json().get("rows_kept").asInt();
    if (kept == 0) {
      assertThatThrownBy(() -> PreferenceDataset.read(List.of(file), rows, max, truncation))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining(
              "none of the %d rows is a pair to learn from; %d dropped, longer than max_length %d"
                  .formatted(read, read, max));
      return;
    }
    PreferenceDataset found = PreferenceDataset.read(List.of(file), rows, max, truncation);
    assertThat(found.read()).isEqualTo(read);
    assertThat(found.pairs()).hasSize(kept);
    assertThat(found.dropped()).isEqualTo(read - kept);
    for (int i = 0; i < kept; i++) {
      if (c.use() == PreferenceRows.Use.DPO) {
        isCollated(c.json(), found, i);
      } else {
        JsonNode prepared = c.json().get("prepared").get(i);
        assertThat(found.pairs().get(i).chosen().ids()).isEqualTo(ints(prepared, "chosen_ids"));
        assertThat(found.pairs().get(i).rejected().ids()).isEqualTo(ints(prepared, "rejected_ids"));
      }
    }
    tellsWhatWasCut(c, found, max);
  }

  /// The collated rows: first all chosen, then all rejected ones, padded at the right.
  private static void isCollated(JsonNode json, PreferenceDataset found, int i) {
    TokenizedPair pair = found.pairs().get(i);
    for (int side = 0; side < 2; side++) {
      int row = i + side * found.pairs().size();
      int[] ids = ints(json.get("collated").get("input_ids"), row);
      int[] there = ints(json.get("collated").get("attention_mask"), row);
      int[] completion = ints(json.get("collated").get("completion_mask"), row);
      int length = Arrays.stream(there).sum();
      Tokenized tokens = side == 0 ? pair.chosen() : pair.rejected();
      assertThat(tokens.ids())
          .as("ids of row %d, side %d", i, side)
          .isEqualTo(Arrays.copyOf(ids, length));
      for (int t = 0; t < length; t++) {
        assertThat(tokens.labels()[t])
            .as("label %d of row %d, side %d", t, i, side)
            .isEqualTo(completion[t] == 1 ? ids[t] : Tokenized.IGNORED);
      }
    }
    if (json.get("max_length").isNull()) {
      assertThat(pair.promptLength())
          .isEqualTo(json.get("prepared").get(i).get("prompt_ids").size());
    }
  }

  private static void tellsWhatWasCut(Case c, PreferenceDataset found, int max) {
    long lost = 0;
    int cut = 0;
    for (JsonNode row : c.json().get("prepared")) {
      int prompt = row.path("prompt_ids").size();
      int chosen = prompt + row.get("chosen_ids").size() - max;
      int rejected = prompt + row.get("rejected_ids").size() - max;
      if (max > 0 && c.use() == PreferenceRows.Use.DPO && Math.max(chosen, rejected) > 0) {
        cut++;
        lost += Math.max(chosen, 0) + Math.max(rejected, 0);
      }
    }
    assertThat(found.cut()).isEqualTo(cut);
    assertThat(found.cutTokens()).isEqualTo(lost);
  }

  static Stream<Case> files() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (Path root : Golden.roots("trl/preparation.json")) {
      for (PreferenceRows.Use use : PreferenceRows.Use.values()) {
        Path file = root.resolve(use == PreferenceRows.Use.DPO ? DPO : REWARD);
        if (Files.exists(file)) {
          cases.add(new Case(root, 0, use, Json.mapper().createObjectNode()));
        }
      }
    }
    return cases.stream();
  }

  private static final String DPO = "trl/dpo_data.jsonl";
  private static final String REWARD = "trl/rm_data.jsonl";

  /// The rows of the training runs hold texts and the ids that the trainers made of them; here each
  /// row is read once by its texts and once by its ids.
  @ParameterizedTest(name = "{0}")
  @MethodSource("files")
  void textsAndIdsOfTheTrainingRunsAgree(Case c) throws IOException, RowException {
    boolean dpo = c.use() == PreferenceRows.Use.DPO;
    PreferenceRows rows = rows(c.root(), c.use());
    for (String line : Files.readAllLines(c.root().resolve(dpo ? DPO : REWARD))) {
      JsonNode json = Json.parse(line, "line");
      int[] prompt = dpo ? ints(json, "prompt_ids") : new int[0];
      TokenizedPair byText = rows.tokenize(PreferenceRowsTest.row(without(json, "_ids")));
      TokenizedPair byIds = rows.tokenize(PreferenceRowsTest.row(json));
      for (TokenizedPair pair : List.of(byText, byIds)) {
        assertThat(pair.chosen().ids()).isEqualTo(joined(prompt, ints(json, "chosen_ids")));
        assertThat(pair.rejected().ids()).isEqualTo(joined(prompt, ints(json, "rejected_ids")));
        assertThat(pair.margin()).isEqualTo(json.path("margin").asDouble(0));
        assertThat(pair.chosen().labelled()).isEqualTo(dpo ? json.get("chosen_ids").size() : 0);
      }
    }
  }

  private static JsonNode without(JsonNode row, String suffix) {
    var copy = Json.mapper().createObjectNode();
    row.properties().stream()
        .filter(e -> !e.getKey().endsWith(suffix))
        .forEach(e -> copy.set(e.getKey(), e.getValue()));
    return copy;
  }

  private static int[] joined(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  private static int[] ints(JsonNode row, String key) {
    return row.get(key).valueStream().mapToInt(JsonNode::asInt).toArray();
  }

  private static int[] ints(JsonNode rows, int i) {
    return rows.get(i).valueStream().mapToInt(JsonNode::asInt).toArray();
  }
}
