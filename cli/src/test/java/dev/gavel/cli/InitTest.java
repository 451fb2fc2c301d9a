package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.io.Halves;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitTest {
  private static final Path A = Golden.find("ckpt_a").getFirst();
  private static final Path C = Golden.find("ckpt_c").getFirst();
  private static final String PROJECTION = "model.layers.1.self_attn.o_proj.weight";

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private Ended init(Path config, String to, String... flags) {
    List<String> words = new ArrayList<>(List.of("init", "--config", config.toString()));
    words.addAll(List.of("--output_dir", folder.resolve(to).toString()));
    words.addAll(List.of(flags));
    return gavel("", words.toArray(String[]::new));
  }

  private static float[] values(Path model, String name) throws IOException {
    try (ModelFolder folder = ModelFolder.open(model)) {
      return folder.tensor(name).bytes().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }
  }

  @Test
  void theFolderIsWholeAndCanBeUsed() throws IOException {
    long parameters;
    try (ModelFolder golden = ModelFolder.open(A)) {
      parameters = golden.parameters();
    }
    Ended made = init(A.resolve("config.json"), "m", "--tokenizer", A.toString());
    assertThat(made)
        .isEqualTo(
            new Ended(
                0,
                "",
                "%s: %,d random weights, stored as F32%n"
                    .formatted(folder.resolve("m"), parameters)));
    Path model = folder.resolve("m");
    try (ModelFolder opened = ModelFolder.open(model)) {
      assertThat(opened.config()).isEqualTo(LlamaConfig.read(A.resolve("config.json")));
      assertThat(opened.generationConfig().orElseThrow().eosTokenIds())
          .isEqualTo(opened.config().eosTokenIds());
    }
    Ended text =
        gavel("", "generate", "--model_name_or_path", model.toString(), "--prompt=a", "--n=2");
    assertThat(text.code()).as(text.err()).isZero();
  }

  @Test
  void valuesAreThoseOfTheSeedWhateverThreadsAndTypes() throws IOException {
    Path config = A.resolve("config.json");
    init(config, "one", "--threads=1", "--seed=7");
    init(config, "three", "--threads=3", "--seed=7");
    init(config, "other", "--seed=8");
    init(config, "half", "--dtype=bfloat16", "--seed=7");
    init(config, "wide", "--dtype=float64", "--seed=7");
    Path file = Path.of("model.safetensors");
    assertThat(folder.resolve("one").resolve(file))
        .hasSameBinaryContentAs(folder.resolve("three").resolve(file));
    float[] one = values(folder.resolve("one"), PROJECTION);
    assertThat(values(folder.resolve("other"), PROJECTION)).isNotEqualTo(one);
    try (ModelFolder half = ModelFolder.open(folder.resolve("half"));
        ModelFolder wide = ModelFolder.open(folder.resolve("wide"))) {
      assertThat(half.config().dtype()).isEqualTo(SafetensorsDType.BF16);
      short[] rounded = half.tensor(PROJECTION).bytes().toArray(ValueLayout.JAVA_SHORT_UNALIGNED);
      double[] widened = wide.tensor(PROJECTION).bytes().toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
      for (int i = 0; i < one.length; i++) {
        assertThat(rounded[i]).isEqualTo(Halves.f32ToBf16(one[i]));
        assertThat(widened[i]).isEqualTo(one[i]);
      }
    }
    assertThat(new RandomWeights(LlamaConfig.read(config), 7, false).type(PROJECTION).bytes())
        .isEqualTo(4);
  }

  @Test
  void deviations() throws IOException {
    init(A.resolve("config.json"), "plain");
    init(A.resolve("config.json"), "scaled", "--scaled_init", "true");
    float[] plain = values(folder.resolve("plain"), PROJECTION);
    float[] scaled = values(folder.resolve("scaled"), PROJECTION);
    LlamaConfig config = LlamaConfig.read(A.resolve("config.json"));
    double range = config.initializerRange();
    assertThat(deviation(plain)).isCloseTo(range, org.assertj.core.data.Offset.offset(range / 20));
    assertThat(deviation(scaled) / deviation(plain))
        .isCloseTo(
            1 / Math.sqrt(2.0 * config.numHiddenLayers()),
            org.assertj.core.data.Offset.offset(1e-4));
    assertThat(values(folder.resolve("plain"), "model.norm.weight")).containsOnly(1f);
    String gate = "model.layers.0.mlp.gate_proj.weight";
    assertThat(values(folder.resolve("scaled"), gate))
        .isEqualTo(values(folder.resolve("plain"), gate));
  }

  private static double deviation(float[] values) {
    double squares = 0;
    for (float x : values) {
      squares += (double) x * x;
    }
    return Math.sqrt(squares / values.length);
  }

  @Test
  void aClassifierHasItsHead() throws IOException {
    assertThat(init(C.resolve("config.json"), "c").code()).isZero();
    assertThat(values(folder.resolve("c"), "score.weight"))
        .hasSize(LlamaConfig.read(C.resolve("config.json")).hiddenSize());
    assertThat(folder.resolve("c/generation_config.json")).doesNotExist();
  }

  @Test
  void whatCannotBeMadeLeavesNothing() throws IOException {
    Path taken = Files.createDirectories(folder.resolve("taken"));
    Files.writeString(taken.resolve("notes.txt"), "mine");
    assertThat(init(A.resolve("config.json"), "taken"))
        .isEqualTo(
            new Ended(
                1,
                "",
                "gavel init: %s: is not empty (it holds notes.txt); choose another --output_dir\n"
                    .formatted(taken)));
    Path config = folder.resolve("config.json");
    String text = Files.readString(A.resolve("config.json"));
    Files.writeString(config, text.replace("LlamaForCausalLM", "MistralForCausalLM"));
    Ended other = init(config, "m");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("MistralForCausalLM");
    Files.writeString(config, text.replaceFirst("\"vocab_size\": \\d+", "\"vocab_size\": 300"));
    assertThat(init(config, "m", "--tokenizer", A.toString()).err())
        .contains(" entries, but " + config + " says vocab_size 300");
    assertThat(init(folder.resolve("none.json"), "m").err())
        .isEqualTo("gavel init: " + folder.resolve("none.json") + ": no such file\n");
    assertThat(init(config, "m", "--config", "b").err()).contains("--config is given twice");
    assertThat(gavel("", "init").err())
        .contains("--config is required", "--output_dir is required");
    assertThat(folder.resolve("m")).doesNotExist();
    assertThat(Arrays.asList(taken.toFile().list())).containsExactly("notes.txt");
  }
}
