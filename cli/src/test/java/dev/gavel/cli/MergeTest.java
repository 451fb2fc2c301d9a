package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Adapter folders as models of the commands, and merging.
class MergeTest {
  private static final Path ROOT = Golden.roots("lora/lora.json").getFirst();
  private static final Path ADAPTER = ROOT.resolve("lora/a_default");
  private static final String ROWS =
      "{\"ids\":[3,14,15,92,65]}\n{\"prompt\":\"Hello\"}\n{\"ids\":[7,7,7]}\n";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path temp;

  private static Ended generate(Path model, String... more) {
    List<String> words =
        new java.util.ArrayList<>(
            List.of("generate", "--model_name_or_path", model.toString(), "--max_new_tokens=24"));
    words.addAll(List.of("--temperature=0", "--ignore_eos=true"));
    words.addAll(List.of(more));
    Ended ended = gavel(ROWS, words.toArray(String[]::new));
    assertThat(ended.code()).as(ended.err()).isZero();
    return ended;
  }

  private static List<JsonNode> ids(Ended ended) throws IOException {
    List<JsonNode> all = new java.util.ArrayList<>();
    for (String line : ended.lines()) {
      all.add(Json.parse(line, "result").get("samples").get(0).get("ids"));
    }
    return all;
  }

  @Test
  void anAdapterGeneratesWhatItsMergedModelGenerates() throws IOException {
    Path merged = temp.resolve("merged");
    Ended ended =
        gavel("", "merge", "--model_name_or_path", ADAPTER.toString(), "--output_dir", merged + "");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).isEmpty();
    assertThat(ended.err()).contains("merged from " + ADAPTER);
    List<JsonNode> found = ids(generate(ADAPTER));
    // float64: no two logits are so near that rounding could turn a choice
    assertThat(ids(generate(ADAPTER, "--dtype=float64"))).isEqualTo(found);
    assertThat(ids(generate(merged, "--dtype=float64"))).isEqualTo(found);
    assertThat(ids(generate(ROOT.resolve("ckpt_a")))).isNotEqualTo(found);
    Ended text = gavel("{\"text\":\"Hi\"}", "tokenize", "--model_name_or_path", ADAPTER + "");
    assertThat(text.code()).as(text.err()).isZero(); // the base's tokenizer
  }

  @Test
  void theBaseMayLieElsewhere() throws IOException {
    Path moved = InProcess.copy(ADAPTER, temp.resolve("moved"));
    Ended lost = gavel(ROWS, "generate", "--model_name_or_path", moved.toString());
    assertThat(lost.code()).isEqualTo(1);
    assertThat(lost.err())
        .contains("adapter_config.json: base_model_name_or_path is '../../ckpt_a'")
        .contains("give --base_model DIR");
    Ended found = generate(moved, "--base_model", ROOT.resolve("ckpt_a").toString());
    assertThat(ids(found)).isEqualTo(ids(generate(ADAPTER)));
  }

  @Test
  void onlyAnAdapterIsMerged() {
    String model = ROOT.resolve("ckpt_a").toString();
    Path out = temp.resolve("out");
    Ended ended = gavel("", "merge", "--model_name_or_path", model, "--output_dir", out + "");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err()).contains("ckpt_a: is no adapter folder").contains("nothing to merge");
    assertThat(Files.exists(out)).isFalse();
    Ended based = gavel(ROWS, "generate", "--model_name_or_path", model, "--base_model", model);
    assertThat(based.code()).isEqualTo(1);
    assertThat(based.err()).contains("takes no --base_model");
  }
}
