package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;
import dev.gavel.testing.Golden;
import dev.gavel.train.data.Tokenized;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `genrm --target rationale`: what is learned is the row's reasons, the verdict and the end of the
/// turn, after the prompt of Fig. 6.
class RationaleRowsTest {
  private static final Path MODEL = Golden.find("ckpt_a/config.json").getFirst().getParent();

  @TempDir Path dir;

  private List<Tokenized> read(String... rows) throws IOException {
    Path file = Files.writeString(dir.resolve("rows.jsonl"), String.join("\n", rows));
    GenRmConfig config =
        Runs.bind(
                GenRmConfig.class,
                "model_name_or_path",
                MODEL,
                "dataset",
                file,
                "output_dir",
                dir.resolve("out"),
                "chat_template",
                "llama3",
                "target",
                "rationale",
                "max_length",
                0)
            .options();
    PrintStream quiet = new PrintStream(java.io.OutputStream.nullOutputStream());
    try (Recipe recipe = config.recipe(ModelSource.open(config), quiet)) {
      return recipe.rows().rows().stream().map(Tokenized.class::cast).toList();
    }
  }

  private static String learned(Tokenized row) throws IOException {
    int[] labels = Arrays.stream(row.labels()).filter(id -> id != Tokenized.IGNORED).toArray();
    return Tokenizer.load(MODEL).decode(labels, false);
  }

  private static final String PAIR = "{\"prompt\":\"q\",\"chosen\":\"good\",\"rejected\":\"bad\"";

  @Test
  void theVerdictFollowsTheOrderAndClosesTheReasons() throws IOException {
    List<Tokenized> rows =
        read(
            PAIR + ",\"rationale\":\"A is right.\"}",
            PAIR + ",\"rationale\":\"B is right.\",\"order\":\"ba\"}",
            PAIR + ",\"rationale\":\"So [[A]]\",\"order\":\"ab\"}");
    assertThat(learned(rows.get(0))).isEqualTo("A is right.\n\n[[A]]<|eot_id|>");
    assertThat(learned(rows.get(1))).isEqualTo("B is right.\n\n[[B]]<|eot_id|>");
    assertThat(learned(rows.get(2))).isEqualTo("So [[A]]<|eot_id|>");
    String whole = Tokenizer.load(MODEL).decode(rows.get(1).ids(), false);
    assertThat(whole.indexOf("bad")).isBetween(0, whole.indexOf("good")); // ba: the rejected is A
  }

  @Test
  void whatHasNoReasonsIsRefusedByLine() {
    assertThatThrownBy(() -> read(PAIR + ",\"rationale\":\"x\"}", PAIR + "}"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("rows.jsonl:2: 'rationale' is missing");
    assertThatThrownBy(() -> read(PAIR + ",\"rationale\":\"x\",\"order\":\"aa\"}"))
        .hasMessageContaining("rows.jsonl:1: 'order' is 'aa', expected ab or ba");
  }

  @Test
  void lettersAreSingleTokensWithoutABlank() throws IOException {
    var answers = dev.gavel.train.judge.AnswerTokens.of(Tokenizer.load(MODEL));
    assertThat(Tokenizer.load(MODEL).encode("A", EncodeOptions.PLAIN)).containsExactly(answers.a());
  }
}
