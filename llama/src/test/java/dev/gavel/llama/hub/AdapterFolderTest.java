package dev.gavel.llama.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.FolderWeights;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/// What is refused in an adapter's folder, and what survives.
class AdapterFolderTest {
  private static final Path ROOT = Golden.roots("lora/lora.json").getFirst();
  private static final String A = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

  @TempDir Path temp;
  private Path dir = Path.of("");
  private Path config = Path.of("");
  private Path weights = Path.of("");

  /// A copy of PEFT's adapter with the base's folder where its config says, `../../ckpt_a`.
  @BeforeEach
  void copy() throws IOException {
    dir = Files.createDirectories(temp.resolve("lora/adapter"));
    config = dir.resolve(AdapterConfig.FILE);
    weights = dir.resolve("adapter_model.safetensors");
    for (Path file : List.of(config, weights)) {
      Files.copy(ROOT.resolve("lora/a_default").resolve(file.getFileName()), file);
    }
    Path base = Files.createDirectories(temp.resolve("ckpt_a"));
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(ROOT.resolve("ckpt_a").resolve(name), base.resolve(name));
    }
  }

  private void edit(Consumer<ObjectNode> change) throws IOException {
    ObjectNode node = (ObjectNode) Json.read(ROOT.resolve("lora/a_default/adapter_config.json"));
    change.accept(node);
    Files.writeString(config, Json.writePretty(node));
  }

  private void refused(String... messages) {
    assertThatThrownBy(() -> ModelFolder.open(dir).close())
        .isInstanceOf(FormatException.class)
        .hasMessageContainingAll(messages);
  }

  @Test
  void opensWithItsBase() throws IOException {
    try (ModelFolder folder = ModelFolder.open(dir)) {
      assertThat(folder.config().architecture()).isEqualTo(Architecture.CAUSAL_LM);
      assertThat(folder.adapter().orElseThrow().lora())
          .isEqualTo(new LoraConfig(4, 8, 0, List.of(), List.of(), false));
      assertThat(folder.tokenizerFolder()).isEqualTo(temp.resolve("ckpt_a"));
      assertThat(folder.has(A)).isTrue();
      assertThat(folder.has(WeightNames.EMBEDDING)).isTrue();
    }
    Files.copy(ROOT.resolve("ckpt_b/tokenizer.json"), dir.resolve("tokenizer.json"));
    Files.writeString(dir.resolve("generation_config.json"), "{\"eos_token_id\":7}");
    try (ModelFolder folder = ModelFolder.open(dir)) {
      assertThat(folder.tokenizerFolder()).isEqualTo(dir);
      assertThat(folder.eosTokenIds()).containsExactly(7);
    }
  }

  @Test
  void theBaseIsFoundByAnAbsoluteNameOrBeingGiven() throws IOException {
    edit(n -> n.put("base_model_name_or_path", ROOT.resolve("ckpt_a").toAbsolutePath() + ""));
    ModelFolder.open(dir).close();
    edit(n -> n.put("base_model_name_or_path", "meta-llama/Llama-3.1-8B"));
    refused("is 'meta-llama/Llama-3.1-8B', which is no folder here", "hf download", "--base_model");
    ModelFolder.open(dir, Optional.of(ROOT.resolve("ckpt_a"))).close();
    edit(n -> n.remove("base_model_name_or_path"));
    refused("base_model_name_or_path is missing; give --base_model DIR");
    assertThatThrownBy(() -> ModelFolder.open(dir, Optional.of(dir)).close())
        .hasMessageContaining("is an adapter itself");
    assertThatThrownBy(() -> ModelFolder.open(dir, Optional.of(ROOT.resolve("ckpt_c"))).close())
        .hasMessageContainingAll("task_type is CAUSAL_LM", "LlamaForSequenceClassification");
  }

  @Test
  void whatChangesTheMathematicsIsRefusedByKey() throws IOException {
    edit(n -> n.put("use_dora", true));
    refused(AdapterConfig.FILE, "use_dora is true, which this build does not know");
    edit(n -> n.put("bias", "all"));
    refused("bias is \"all\", expected none");
    edit(n -> n.putObject("rank_pattern").put("q_proj", 8));
    refused("rank_pattern is {\"q_proj\":8}");
    edit(n -> n.putObject("alpha_pattern").put("q_proj", 8));
    refused("alpha_pattern is");
    edit(n -> n.putArray("layers_to_transform").add(0));
    refused("layers_to_transform is [0]");
    edit(n -> n.put("init_lora_weights", "pissa"));
    refused("init_lora_weights is \"pissa\"");
    edit(n -> n.put("peft_type", "IA3"));
    refused("peft_type is \"IA3\", expected LORA");
    edit(n -> n.put("task_type", "SEQ_2_SEQ_LM"));
    refused("task_type is \"SEQ_2_SEQ_LM\", expected CAUSAL_LM or SEQ_CLS");
    edit(n -> n.put("r", 0));
    refused("r is 0, expected more than 0");
  }

  @Test
  void unknownKeysSurvive() throws IOException {
    edit(n -> n.put("a_key_of_tomorrow", "x").put("revision", "main"));
    try (ModelFolder folder = ModelFolder.open(dir)) {
      ObjectNode written = folder.adapter().orElseThrow().toJson();
      assertThat(written.get("a_key_of_tomorrow").asString()).isEqualTo("x");
      assertThat(Json.parse(Json.write(written), "written")).isEqualTo(Json.read(config));
    }
  }

  @Test
  void aPatternMeansWholeNames() throws IOException {
    edit(n -> n.put("target_modules", ".*\\.(q|v)_proj"));
    ModelFolder.open(dir).close();
    edit(n -> n.put("target_modules", "q_proj"));
    refused("target_modules is \"q_proj\", which matches no module of the base");
    edit(n -> n.put("target_modules", "all-linear"));
    refused("holds no base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight");
  }

  private void rewrite(java.util.function.Function<TensorSource, List<TensorSource>> change)
      throws IOException {
    Path original = ROOT.resolve("lora/a_default/adapter_model.safetensors");
    try (SafetensorsFile file = SafetensorsFile.open(original)) {
      List<TensorSource> tensors = new ArrayList<>();
      for (TensorInfo t : file.tensors()) {
        tensors.addAll(change.apply(TensorSource.of(file, t)));
      }
      SafetensorsWriter.write(weights, tensors);
    }
  }

  private static TensorSource floats(String name, float value, long... dims) {
    Shape shape = Shape.of(dims);
    float[] values = new float[(int) shape.size()];
    java.util.Arrays.fill(values, value);
    java.nio.ByteBuffer bytes =
        java.nio.ByteBuffer.allocate(4 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return TensorSource.of(name, SafetensorsDType.F32, shape, MemorySegment.ofArray(bytes.array()));
  }

  @Test
  void tensorsThatDoNotFitAreNamed() throws IOException {
    rewrite(t -> t.name().equals(A) ? List.of() : List.of(t));
    refused("adapter_model.safetensors: holds no " + A);
    rewrite(t -> t.name().equals(A) ? List.of(t, floats("other", 1, 2)) : List.of(t));
    refused("adapter_model.safetensors: holds tensors", "does not ask for: other");
    rewrite(t -> List.of(t.name().equals(A) ? floats(A, 1, 8, 32) : t));
    refused("adapter_model.safetensors: tensor '" + A + "' is [8, 32]", "ask for [4, 32]");
    Files.delete(weights);
    refused("holds no adapter_model.safetensors");
    Files.writeString(dir.resolve("adapter_model.bin"), "");
    refused("adapter_model.bin is of another format");
  }

  @Test
  void aNanIsNamedWhenItIsRead() throws IOException {
    rewrite(t -> List.of(t.name().equals(A) ? floats(A, Float.NaN, 4, 32) : t));
    try (ModelFolder folder = ModelFolder.open(dir)) {
      assertThatThrownBy(() -> new FolderWeights(folder).read(A, 4, 32, (_, _, _) -> {}))
          .isInstanceOf(FormatException.class)
          .hasMessageContainingAll("adapter_model.safetensors", A, "NaN or infinity at element 0");
    }
  }
}
