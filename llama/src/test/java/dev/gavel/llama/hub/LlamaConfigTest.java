package dev.gavel.llama.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

class LlamaConfigTest {
  /// Llama 3.1 8B's own file, which has no head_dim.
  static final String LLAMA_8B =
      """
      {"architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
       "bos_token_id": 128000, "eos_token_id": [128001, 128008, 128009], "hidden_act": "silu",
       "hidden_size": 4096, "initializer_range": 0.02, "intermediate_size": 14336,
       "max_position_embeddings": 131072, "mlp_bias": false, "model_type": "llama",
       "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8,
       "pretraining_tp": 1, "rms_norm_eps": 1e-05, "rope_theta": 500000.0,
       "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
         "original_max_position_embeddings": 8192, "rope_type": "llama3"},
       "tie_word_embeddings": false, "torch_dtype": "bfloat16",
       "transformers_version": "4.43.0.dev0", "use_cache": true, "vocab_size": 128256}
      """;

  static LlamaConfig parse(String json) throws FormatException {
    return LlamaConfig.parse(Json.parse(json, "config.json"), "config.json");
  }

  @Test
  void readsLlama8B() throws FormatException {
    LlamaConfig c = parse(LLAMA_8B);
    assertThat(c.architecture()).isEqualTo(Architecture.CAUSAL_LM);
    assertThat(c.vocabSize()).isEqualTo(128256);
    assertThat(c.hiddenSize()).isEqualTo(4096);
    assertThat(c.intermediateSize()).isEqualTo(14336);
    assertThat(c.numHiddenLayers()).isEqualTo(32);
    assertThat(c.numAttentionHeads()).isEqualTo(32);
    assertThat(c.numKeyValueHeads()).isEqualTo(8);
    assertThat(c.headDim()).isEqualTo(128);
    assertThat(c.maxPositionEmbeddings()).isEqualTo(131072);
    assertThat(c.rmsNormEps()).isEqualTo(1e-5);
    assertThat(c.rope()).isEqualTo(new Rope(500000, Optional.of(new Rope.Llama3(8, 1, 4, 8192))));
    assertThat(c.tieWordEmbeddings()).isFalse();
    assertThat(c.numLabels()).isZero();
    assertThat(c.dtype()).isEqualTo(SafetensorsDType.BF16);
    assertThat(c.bosTokenId()).isEqualTo(OptionalInt.of(128000));
    assertThat(c.eosTokenIds()).containsExactly(128001, 128008, 128009);
    assertThat(c.padTokenId()).isEmpty();
    assertThat(WeightNames.parameters(c)).isEqualTo(8_030_261_248L);
  }

  @Test
  void everySpellingIsTheSameModelAndSurvivesARoundTrip() throws IOException {
    for (String name : List.of("newer", "older_rope_type", "older_type", "older_both")) {
      for (Path file : Golden.findIfPresent("config_spellings/" + name + ".json")) {
        LlamaConfig c = LlamaConfig.read(file);
        assertThat(c).isEqualTo(LlamaConfig.read(file.resolveSibling("newer.json")));
        assertThat(c).isEqualTo(LlamaConfig.read(file.resolveSibling("../ckpt_b/config.json")));
        assertThat(c.toJson()).isEqualTo(Json.read(file));
      }
    }
    for (Path file : Golden.findIfPresent("config_spellings/ckpt_a_older_no_head_dim.json")) {
      LlamaConfig c = LlamaConfig.read(file);
      assertThat(c).isEqualTo(LlamaConfig.read(file.resolveSibling("../ckpt_a/config.json")));
      assertThat(c.headDim() * c.numAttentionHeads()).isEqualTo(c.hiddenSize());
      assertThat(c.toJson()).isEqualTo(Json.read(file));
    }
    for (Path file : Golden.findIfPresent("ckpt_c/config.json")) {
      LlamaConfig c = LlamaConfig.read(file);
      assertThat(c.architecture()).isEqualTo(Architecture.SEQUENCE_CLASSIFICATION);
      assertThat(c.numLabels()).isEqualTo(1);
      assertThat(c.toJson()).isEqualTo(Json.read(file));
    }
  }

  @Test
  void aChangeIsWrittenInTheFilesOwnSpelling() throws FormatException {
    LlamaConfig c =
        parse(LLAMA_8B.replace("\"use_cache\"", "\"my_key\": {\"a\": [1]}, \"use_cache\""));
    ObjectNode json =
        c.withDtype(SafetensorsDType.F32)
            .withPadTokenId(128004)
            .withEosTokenIds(List.of(7))
            .toJson();
    assertThat(json.get("torch_dtype").stringValue()).isEqualTo("float32");
    assertThat(json.has("dtype")).isFalse();
    assertThat(json.get("pad_token_id").intValue()).isEqualTo(128004);
    assertThat(json.get("eos_token_id").intValue()).isEqualTo(7);
    assertThat(json.get("my_key")).isEqualTo(Json.parse("{\"a\": [1]}", ""));
    assertThat(json.has("head_dim")).isFalse();
    LlamaConfig back = LlamaConfig.parse(json, "");
    assertThat(back.dtype()).isEqualTo(SafetensorsDType.F32);
    assertThat(back.withDtype(c.dtype()).withEosTokenIds(c.eosTokenIds()))
        .isEqualTo(c.withPadTokenId(128004));
  }

  @Test
  void aRewardModelGetsItsLabels() throws FormatException {
    LlamaConfig c = parse(LLAMA_8B).withArchitecture(Architecture.SEQUENCE_CLASSIFICATION, 1);
    ObjectNode json = c.toJson();
    assertThat(json.get("architectures").get(0).stringValue())
        .isEqualTo("LlamaForSequenceClassification");
    assertThat(json.get("id2label")).isEqualTo(Json.parse("{\"0\":\"LABEL_0\"}", ""));
    assertThat(json.get("label2id")).isEqualTo(Json.parse("{\"LABEL_0\":0}", ""));
    assertThat(LlamaConfig.parse(json, "")).isEqualTo(c);
    assertThat(WeightNames.of(c).getLast().name()).isEqualTo("score.weight");
    assertThat(LlamaConfig.parse(json, "").withArchitecture(Architecture.CAUSAL_LM, 0))
        .isEqualTo(parse(LLAMA_8B));
  }

  @Test
  void aConfigMadeInMemoryIsWrittenInTheNewerSpelling() throws FormatException {
    for (Rope rope :
        List.of(Rope.plain(10000), new Rope(5e5, Optional.of(new Rope.Llama3(8, 1, 4, 64))))) {
      LlamaConfig c =
          new LlamaConfig(
              Architecture.CAUSAL_LM,
              384,
              64,
              144,
              2,
              4,
              2,
              24,
              512,
              1e-5,
              rope,
              true,
              0,
              SafetensorsDType.BF16,
              OptionalInt.of(1),
              List.of(2, 3),
              OptionalInt.empty(),
              0.02,
              Json.mapper().createObjectNode());
      ObjectNode json = c.toJson();
      assertThat(json.get("dtype").stringValue()).isEqualTo("bfloat16");
      assertThat(json.get("rope_parameters").get("rope_theta").doubleValue())
          .isEqualTo(rope.theta());
      assertThat(json.has("torch_dtype") || json.has("rope_scaling")).isFalse();
      assertThat(LlamaConfig.parse(json, "")).isEqualTo(c);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "model_type": "llama" | "model_type": "qwen2" | model_type is "qwen2", this build knows: llama
          LlamaForCausalLM | Qwen2ForCausalLM | architectures is ["Qwen2ForCausalLM"], this build knows: LlamaForCausalLM, LlamaForSequenceClassification
          ["LlamaForCausalLM"] | "LlamaForCausalLM" | architectures is "LlamaForCausalLM", expected a list of names
          "attention_bias": false | "attention_bias": true | attention_bias is true, this build knows linear layers without bias only
          "mlp_bias": false | "mlp_bias": true | mlp_bias is true, this build
          "silu" | "gelu" | hidden_act is "gelu", this build knows: silu
          "rope_type": "llama3" | "rope_type": "yarn" | rope_scaling.rope_type is 'yarn'; this build knows: default, llama3
          "rope_type": "llama3" | "type": "linear" | rope_scaling.type is 'linear'; this build knows: default, llama3
          "rope_type": "llama3" | "rope_type": "llama3", "type": "default" | rope_scaling.type is "default", but rope_type is "llama3"
          "factor": 8.0, | | rope_scaling.factor is missing
          "factor": 8.0 | "factor": "8" | rope_scaling.factor is "8", expected a number
          "factor": 8.0 | "factor": 0 | rope_scaling.factor is 0.0, expected more than 0
          "high_freq_factor": 4.0 | "high_freq_factor": 1.0 | rope_scaling.low_freq_factor is 1.0 and high_freq_factor is 1.0, expected 0 < low < high
          "rope_theta": 500000.0 | "rope_theta": -1 | rope_theta is -1.0, expected more than 0
          "num_key_value_heads": 8 | "num_key_value_heads": 5 | num_attention_heads is 32, expected a multiple of num_key_value_heads, which is 5
          "num_key_value_heads": 8 | "num_key_value_heads": 0 | num_key_value_heads is 0, expected more than 0
          "num_attention_heads": 32 | "num_attention_heads": 24 | head_dim is missing and hidden_size 4096 is not a multiple of num_attention_heads 24
          "use_cache": true | "head_dim": 127 | head_dim is 127, expected an even number
          "vocab_size": 128256 | "vocab_size": 1.5 | vocab_size is 1.5, expected a whole number
          "vocab_size": 128256 | "vocab_size": 99999999999 | vocab_size is 99999999999, expected a whole number
          "num_hidden_layers": 32 | "num_hidden_layers": 2000000000 | num_hidden_layers is 2000000000, expected at most 10000
          "use_cache": true | "head_dim": 2000000000 | head_dim is 2000000000, expected at most 524288
          "hidden_size": 4096 | "hidden_sice": 4096 | hidden_size is missing
          "bfloat16" | "int8" | torch_dtype is "int8", this build knows: float32, bfloat16, float16, float64
          "use_cache": true | "dtype": "float32" | torch_dtype is "bfloat16", but dtype is "float32"
          "use_cache": true | "quantization_config": {} | quantization_config is {}, this build reads weights in
          "use_cache": true | "rope_parameters": {} | rope_scaling is {
          [128001, 128008, 128009] | "x" | eos_token_id is "x", expected a token id or a list of them
          1e-05 | 0 | rms_norm_eps is 0.0, expected more than 0
          "tie_word_embeddings": false | "tie_word_embeddings": 0 | tie_word_embeddings is 0, expected true or false
          "use_cache": true | "vocab_size": 5 | not valid JSON: Duplicate
          """)
  void refusesByName(String from, String to, String message) {
    assertThat(LLAMA_8B).contains(from);
    assertThatThrownBy(() -> parse(LLAMA_8B.replace(from, to == null ? "" : to)))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith("config.json:")
        .hasMessageContaining(message);
  }

  @Test
  void acceptsWhatOlderFilesSay() throws FormatException {
    String older =
        LLAMA_8B
            .replace("\"pretraining_tp\": 1", "\"pad_token_id\": -1")
            .replace("[128001, 128008, 128009]", "128001")
            .replace("\"architectures\": [\"LlamaForCausalLM\"],", "")
            .replaceAll("(?s)\"rope_scaling\": \\{.*?\\}", "\"rope_scaling\": null");
    LlamaConfig c = parse(older);
    assertThat(c.padTokenId()).isEmpty();
    assertThat(c.eosTokenIds()).containsExactly(128001);
    assertThat(c.rope()).isEqualTo(Rope.plain(500000));
    assertThat(c.toJson().get("pad_token_id").intValue()).isEqualTo(-1);
  }

  /// Values of FACTS 7.2.
  @Test
  void llama3FrequenciesHaveThreeBands() {
    double[] f = new Rope(5e5, Optional.of(new Rope.Llama3(8, 1, 4, 8192))).inverseFrequencies(128);
    assertThat(f).hasSize(64);
    assertThat(f[0]).isEqualTo(1);
    assertThat(f[1]).isCloseTo(0.8146172338565447, within(1e-15));
    assertThat(f[29]).isCloseTo(0.002166570763503359, within(1e-17));
    assertThat(f[34]).isCloseTo(1.785078127679964e-4, within(1e-18));
    assertThat(f[35]).isCloseTo(9.556212353964683e-5, within(1e-19));
    assertThat(f[63]).isCloseTo(3.068925988914511e-7, within(1e-21));
    double[] g = new Rope(5e5, Optional.of(new Rope.Llama3(32, 1, 4, 8192))).inverseFrequencies(64);
    assertThat(g[15]).isCloseTo(0.001290547928209264, within(1e-17));
    assertThat(g[31]).isCloseTo(9.41830672543491e-8, within(1e-22));
  }

  @Test
  void frequenciesAreThoseOfTheReference() throws IOException {
    for (String model : List.of("a", "b", "c")) {
      for (Path path : Golden.findIfPresent("forward/" + model + ".safetensors")) {
        LlamaConfig c = LlamaConfig.read(path.resolveSibling("../ckpt_" + model + "/config.json"));
        double[] f = c.rope().inverseFrequencies(c.headDim());
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
          double[] expected = file.bytes("inv_freq_f64").toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
          assertThat(f).hasSameSizeAs(expected);
          for (int i = 0; i < f.length; i++) {
            assertThat(f[i]).isCloseTo(expected[i], withinPercentage(1e-12));
          }
        }
      }
    }
  }

  @Test
  void aBrokenConfigIsRefusedOrReadNeverACrash() throws FormatException {
    long seed = Long.getLong("gavel.seed", 51);
    Random random = new Random(seed);
    ObjectNode whole = (ObjectNode) Json.parse(LLAMA_8B, "");
    String[] values = {
      "null",
      "true",
      "-1",
      "0",
      "1",
      "2147483647",
      "1e400",
      "1e-400",
      "0.5",
      "1e999999999",
      "\"x\"",
      "\"\"",
      "[]",
      "[1]",
      "[null]",
      "{}",
      "{\"0\":1}",
      "99999999999999999999",
      "[\"llama\"]"
    };
    String[] more = {"head_dim", "id2label", "num_labels", "dtype", "rope_parameters", "type"};
    int read = 0;
    for (int i = 0; i < 3000; i++) {
      ObjectNode node = whole.deepCopy();
      for (int edits = 1 + random.nextInt(3); edits > 0; edits--) {
        ObjectNode place =
            node.get("rope_scaling") instanceof ObjectNode rope && random.nextInt(4) == 0
                ? rope
                : node;
        List<String> keys = new ArrayList<>(place.propertyNames());
        keys.addAll(List.of(more));
        place.set(
            keys.get(random.nextInt(keys.size())),
            Json.parse(values[random.nextInt(values.length)], ""));
      }
      try {
        LlamaConfig c = LlamaConfig.parse(node, "config.json");
        assertThat(WeightNames.parameters(c)).isPositive();
        assertThat(LlamaConfig.parse(c.toJson(), "config.json")).isEqualTo(c);
        // The two names that transformers needs are added where they are missing, nothing else.
        List<String> names = List.of("model_type", "architectures");
        assertThat(c.toJson().without(names)).as("seed %d", seed).isEqualTo(node.without(names));
        read++;
      } catch (FormatException e) {
        assertThat(e.getMessage()).as("seed %d", seed).startsWith("config.json: ");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + node, e);
      }
    }
    assertThat(read).isPositive();
  }
}
