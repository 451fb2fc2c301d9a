package dev.gavel.llama.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsShards;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/// A tiny model in three shards, and one test per way to spoil it.
class ModelFolderTest {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 11,
       "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2, "num_attention_heads": 2,
       "num_key_value_heads": 1, "eos_token_id": 3, "torch_dtype": "bfloat16"}
      """;

  private final Path dir;
  private final LlamaConfig config;

  ModelFolderTest(@TempDir Path temp) throws IOException {
    this.dir = temp.resolve("model");
    this.config = LlamaConfig.parse(Json.parse(CONFIG, ""), "");
  }

  @BeforeEach
  void save() throws IOException {
    ModelFolder.save(
        dir,
        config,
        Optional.of(GenerationConfig.of(List.of(4))),
        weights(config, 1),
        Optional.empty(),
        700);
  }

  private static List<TensorSource> weights(LlamaConfig config, long seed) {
    Random random = new Random(seed);
    List<TensorSource> tensors = new ArrayList<>();
    for (WeightNames.Weight w : WeightNames.of(config)) {
      tensors.add(random(w.name(), w.shape(), random));
    }
    return tensors;
  }

  private static TensorSource random(String name, Shape shape, Random random) {
    byte[] bytes = new byte[(int) (2 * shape.size())];
    random.nextBytes(bytes);
    for (int i = 1; i < bytes.length; i += 2) {
      bytes[i] &= (byte) 0xbf; // no exponent of ones
    }
    return TensorSource.of(name, SafetensorsDType.BF16, shape, MemorySegment.ofArray(bytes));
  }

  private void refused(String message) {
    assertThatThrownBy(() -> ModelFolder.open(dir).close())
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(message);
    ObjectNode inspected = Inspection.of(dir, false);
    assertThat(inspected.get("valid").booleanValue()).isFalse();
    assertThat(inspected.get("error").stringValue()).contains(message);
    assertThat(inspected.get("tensors")).isEmpty();
  }

  private void edit(String file, String from, String to) throws IOException {
    String text = Files.readString(dir.resolve(file));
    assertThat(text).contains(from);
    Files.writeString(dir.resolve(file), text.replace(from, to));
  }

  @Test
  void opensWhatItSaved() throws IOException {
    try (ModelFolder folder = ModelFolder.open(dir)) {
      assertThat(folder.files()).hasSizeGreaterThan(2);
      assertThat(folder.config()).isEqualTo(config);
      assertThat(folder.eosTokenIds()).containsExactly(4);
      assertThat(folder.parameters()).isEqualTo(WeightNames.parameters(config));
      assertThat(folder.weightBytes()).isEqualTo(2 * folder.parameters());
      for (TensorSource t : weights(config, 1)) {
        byte[] expected = new byte[(int) t.byteSize()];
        t.bytes().read(0, MemorySegment.ofArray(expected));
        MemorySegment read = MemorySegment.ofArray(new byte[expected.length]);
        ModelFolder.StoredTensor stored = folder.tensor(t.name());
        stored.read(0, read);
        assertThat(read.mismatch(MemorySegment.ofArray(expected))).isEqualTo(-1);
        assertThat(stored.bytes().mismatch(read)).isEqualTo(-1);
        folder.requireFinite(t.name(), 0, read);
      }
      assertThatThrownBy(() -> folder.tensor("x")).hasMessageContaining("holds no tensor 'x'");
    }
  }

  @Test
  void namesTheMissingShard() throws IOException {
    Files.delete(dir.resolve("model-00002-of-00004.safetensors"));
    refused(
        "model.safetensors.index.json: missing shard model-00002-of-00004.safetensors (5 tensors); the download is incomplete");
  }

  @Test
  void aShardStaysInTheFolder() throws IOException {
    String index = Files.readString(dir.resolve(SafetensorsShards.INDEX));
    for (String out :
        List.of(
            "../model/model-00001-of-00004.safetensors",
            "/etc/passwd",
            "..",
            "a\\\\b.safetensors",
            "C:x",
            "")) {
      Files.writeString(
          dir.resolve(SafetensorsShards.INDEX),
          index.replace("model-00001-of-00004.safetensors", out));
      refused("expected the plain name of a file in the same folder");
    }
  }

  @Test
  void indexAndShardsAgree() throws IOException {
    edit(SafetensorsShards.INDEX, "\"model.norm.weight\"", "\"model.morn.weight\"");
    refused("says that model-00004-of-00004.safetensors holds model.morn.weight, but it does not");
    edit(SafetensorsShards.INDEX, "\"model.morn.weight\"", "\"model.norm.weight\"");
    String last = "model-00004-of-00004.safetensors";
    edit(SafetensorsShards.INDEX, ",\n    \"model.norm.weight\" : \"" + last + "\"", "");
    refused(last + ": holds model.norm.weight, which model.safetensors.index.json does not name");
  }

  @Test
  void noTensorIsInTwoFiles() throws IOException {
    Files.copy(dir.resolve("model-00001-of-00004.safetensors"), dir.resolve("again.safetensors"));
    edit(
        SafetensorsShards.INDEX,
        "\"lm_head.weight\" : \"model-00004-of-00004.safetensors\"",
        "\"lm_head.weight\" : \"again.safetensors\"");
    refused("tensor 'model.embed_tokens.weight' is in again.safetensors too");
  }

  @Test
  void totalSizeIsPlausible() throws IOException {
    long bytes = 2 * WeightNames.parameters(config);
    edit(SafetensorsShards.INDEX, ": " + bytes, ": " + (bytes + 8) + ".0");
    ModelFolder.open(dir).close();
    edit(SafetensorsShards.INDEX, ": " + (bytes + 8) + ".0", ": " + 2 * bytes);
    refused("the index says total_size " + 2 * bytes + " but the files hold " + bytes + " bytes");
    edit(SafetensorsShards.INDEX, ": " + 2 * bytes, ": \"x\"");
    refused("metadata.total_size is \"x\", expected a number of bytes");
  }

  @Test
  void namesMissingUnexpectedAndMisshapenTensors() throws IOException {
    edit("config.json", "\"num_hidden_layers\" : 2", "\"num_hidden_layers\" : 3");
    refused(
        "holds no model.layers.2.self_attn.q_proj.weight, model.layers.2.self_attn.k_proj.weight");
    refused("and 4 more, which config.json (LlamaForCausalLM) asks for");
    edit("config.json", "\"num_hidden_layers\" : 3", "\"num_hidden_layers\" : 1");
    refused("holds tensors that LlamaForCausalLM does not have: model.layers.1.");
    edit("config.json", "\"num_hidden_layers\" : 1", "\"num_hidden_layers\" : 2");
    edit("config.json", "\"intermediate_size\" : 12", "\"intermediate_size\" : 13");
    refused(
        "tensor 'model.layers.0.mlp.down_proj.weight' is [8, 12], config.json asks for [8, 13]");
  }

  @Test
  void refusesATypeThatHoldsNoWeights() throws IOException {
    List<TensorSource> tensors = weights(config, 1);
    tensors.set(
        0,
        TensorSource.of(
            WeightNames.EMBEDDING,
            SafetensorsDType.I8,
            Shape.of(11, 8),
            MemorySegment.ofArray(new byte[88])));
    SafetensorsWriter.write(dir.resolve(SafetensorsShards.SINGLE), tensors);
    refused("tensor 'model.embed_tokens.weight' is of type I8; this build reads weights in");
  }

  @Test
  void aTiedHeadIsAbsentOrEqual() throws IOException {
    edit("config.json", "\"model_type\"", "\"tie_word_embeddings\": true, \"model_type\"");
    refused("config.json ties the embeddings (tie_word_embeddings) but 'lm_head.weight' differs");
    List<TensorSource> tensors = weights(config, 1);
    TensorSource embedding = tensors.getFirst();
    tensors.removeLast();
    SafetensorsShards.write(dir, tensors, 1 << 20);
    ModelFolder.open(dir).close();
    tensors.add(
        new TensorSource(
            WeightNames.LM_HEAD, embedding.dtype(), embedding.shape(), embedding.bytes()));
    SafetensorsShards.write(dir, tensors, 1 << 20);
    ModelFolder.open(dir).close();
  }

  @Test
  void toleratesBuffersThatFollowFromTheConfig() throws IOException {
    List<TensorSource> tensors = weights(config, 1);
    tensors.add(
        TensorSource.of(
            "model.layers.0.self_attn.rotary_emb.inv_freq",
            SafetensorsDType.F32,
            Shape.of(2),
            MemorySegment.ofArray(new byte[8])));
    SafetensorsShards.write(dir, tensors, 1 << 20);
    ModelFolder.open(dir).close();
  }

  @Test
  void namesTheBrokenWeight() throws IOException {
    try (ModelFolder folder = ModelFolder.open(dir)) {
      byte[] bytes = new byte[176];
      bytes[100] = (byte) 0xc0;
      bytes[101] = 0x7f;
      MemorySegment stored = MemorySegment.ofArray(bytes).asSlice(60);
      assertThatThrownBy(() -> folder.requireFinite(WeightNames.EMBEDDING, 60, stored))
          .isInstanceOf(FormatException.class)
          .hasMessageEndingWith(
              "model-00001-of-00004.safetensors: tensor 'model.embed_tokens.weight' holds NaN or infinity at element 50; the weights are broken");
    }
  }

  @Test
  void saysWhatAFolderLacks() throws IOException {
    Files.delete(dir.resolve(SafetensorsShards.INDEX));
    refused("there are shards without their index: the download or the save is incomplete");
    for (int i = 1; i <= 4; i++) {
      Files.delete(dir.resolve("model-0000%d-of-00004.safetensors".formatted(i)));
    }
    refused("holds neither model.safetensors nor model.safetensors.index.json");
    Files.writeString(dir.resolve("pytorch_model.bin"), "");
    refused("; pytorch_model.bin is of another format: save the model as safetensors");
    Files.delete(dir.resolve("config.json"));
    refused("holds no config.json, so it is no model folder");
    Files.writeString(dir.resolve("adapter_config.json"), "{}");
    refused("base_model_name_or_path is missing; give --base_model DIR");
  }

  @Test
  void aHubNameGetsTheDownloadCommand() {
    assertThatThrownBy(() -> ModelFolder.open(Path.of("meta-llama/Llama-3.1-8B")))
        .isInstanceOf(FormatException.class)
        .hasMessage(
            "meta-llama/Llama-3.1-8B: no such folder; if it is a model's name on the Hub, download it and pass the folder: hf download meta-llama/Llama-3.1-8B --local-dir Llama-3.1-8B");
    assertThatThrownBy(() -> ModelFolder.open(Path.of("/none/a/b")))
        .hasMessage("/none/a/b: no such file or folder");
    assertThatThrownBy(() -> ModelFolder.open(dir.resolve("config.json")))
        .hasMessageEndingWith("config.json: a file, expected a model folder");
  }

  @Test
  void savesOnlyWhatTheConfigSays() {
    List<TensorSource> tensors = weights(config, 1);
    Path other = dir.resolveSibling("other");
    TensorSource last = tensors.removeLast();
    assertThatThrownBy(
            () -> ModelFolder.save(other, config, Optional.empty(), tensors, Optional.empty()))
        .hasMessage(
            "tensors to save do not fit the config: missing [lm_head.weight], unexpected []");
    tensors.add(new TensorSource(last.name(), last.dtype(), Shape.of(8, 11), last.bytes()));
    assertThatThrownBy(
            () -> ModelFolder.save(other, config, Optional.empty(), tensors, Optional.empty()))
        .hasMessage("tensor 'lm_head.weight' to save is [8, 11], the config asks for [11, 8]");
    assertThat(other).doesNotExist();
  }

  @Test
  void tokenizerFilesComeAlongUnpacked() throws IOException {
    Path from = Files.createDirectory(dir.resolveSibling("tokenizer"));
    assertThatThrownBy(() -> TokenizerFiles.copy(from, dir))
        .hasMessageEndingWith("holds no tokenizer.json, so no tokenizer can be copied");
    try (GZIPOutputStream gz =
        new GZIPOutputStream(Files.newOutputStream(from.resolve("tokenizer.json.gz")))) {
      gz.write("{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    Files.writeString(from.resolve("tokenizer_config.json"), "[]");
    Files.writeString(from.resolve("other.json"), "no");
    ModelFolder.save(dir, config, Optional.empty(), weights(config, 2), Optional.of(from));
    assertThat(dir.resolve("tokenizer.json")).hasContent("{}");
    assertThat(dir.resolve("tokenizer_config.json")).hasContent("[]");
    assertThat(dir.resolve("other.json")).doesNotExist();
    TokenizerFiles.copy(dir, dir);
    assertThat(dir.resolve("tokenizer.json")).hasContent("{}");
  }
}
