package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.SafetensorsDType;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Writes a config over the keys it was read from: a key whose value already says the same is left
/// as it stands, so that a file that is read and written keeps its spelling.
final class LlamaConfigWriter {
  private final LlamaConfig config;
  private final ObjectNode node;
  private final Fields source;

  /// Made in memory: every key is written, also where it says the default.
  private final boolean fresh;

  private LlamaConfigWriter(LlamaConfig config) {
    this.config = config;
    this.node = config.source();
    this.source = new Fields(config.source(), "config.json: ");
    this.fresh = node.isEmpty();
  }

  static ObjectNode write(LlamaConfig config) {
    try {
      return new LlamaConfigWriter(config).write();
    } catch (FormatException e) {
      throw new IllegalStateException("the config's source is not a config: " + e.getMessage(), e);
    }
  }

  private ObjectNode write() throws FormatException {
    architecture();
    OptionalInt bos = LlamaConfigReader.tokenId(source, "bos_token_id");
    id("bos_token_id", bos, config.bosTokenId());
    if (fresh) {
      node.put("attention_bias", false);
    }
    dtype();
    eos();
    headDim();
    if (fresh) {
      node.put("hidden_act", "silu");
    }
    integer("hidden_size", config.hiddenSize(), null);
    number("initializer_range", config.initializerRange(), 0.02);
    integer("intermediate_size", config.intermediateSize(), null);
    integer("max_position_embeddings", config.maxPositionEmbeddings(), 2048);
    if (fresh) {
      node.put("mlp_bias", false);
    }
    if (!source.has("model_type")) {
      node.put("model_type", "llama");
    }
    integer("num_attention_heads", config.numAttentionHeads(), null);
    integer("num_hidden_layers", config.numHiddenLayers(), null);
    integer("num_key_value_heads", config.numKeyValueHeads(), config.numAttentionHeads());
    id("pad_token_id", LlamaConfigReader.tokenId(source, "pad_token_id"), config.padTokenId());
    number("rms_norm_eps", config.rmsNormEps(), 1e-6);
    rope();
    if (source.bool("tie_word_embeddings", false) != config.tieWordEmbeddings() || fresh) {
      node.put("tie_word_embeddings", config.tieWordEmbeddings());
    }
    integer("vocab_size", config.vocabSize(), null);
    return node;
  }

  private void architecture() throws FormatException {
    JsonNode names = source.get("architectures");
    String hubName = config.architecture().hubName();
    if (names == null || !names.path(0).asString("").equals(hubName)) {
      node.putArray("architectures").add(hubName);
    }
    if (config.architecture() == Architecture.SEQUENCE_CLASSIFICATION && !labelsAreSaid(names)) {
      ObjectNode id2label = node.putObject("id2label");
      ObjectNode label2id = node.putObject("label2id");
      for (int i = 0; i < config.numLabels(); i++) {
        id2label.put(Integer.toString(i), "LABEL_" + i);
        label2id.put("LABEL_" + i, i);
      }
      node.remove("num_labels");
    }
  }

  private boolean labelsAreSaid(@Nullable JsonNode names) throws FormatException {
    boolean classifier =
        names != null
            && names.path(0).asString("").equals(Architecture.SEQUENCE_CLASSIFICATION.hubName());
    return (classifier || source.has("id2label") || source.has("num_labels"))
        && LlamaConfigReader.numLabels(source) == config.numLabels();
  }

  private void dtype() throws FormatException {
    if (!fresh && LlamaConfigReader.dtype(source) == config.dtype()) {
      return;
    }
    if (source.has("torch_dtype")) {
      node.put("torch_dtype", hubName(config.dtype()));
    }
    if (source.has("dtype") || !source.has("torch_dtype")) {
      node.put("dtype", hubName(config.dtype()));
    }
  }

  private static String hubName(SafetensorsDType dtype) {
    return switch (dtype) {
      case F64 -> "float64";
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      default -> "float32";
    };
  }

  private void eos() throws FormatException {
    List<Integer> ids = config.eosTokenIds();
    if (source.ids("eos_token_id").equals(ids)) {
      return;
    }
    if (ids.size() == 1) {
      node.put("eos_token_id", ids.get(0));
    } else if (ids.isEmpty()) {
      node.putNull("eos_token_id");
    } else {
      ArrayNode list = node.putArray("eos_token_id");
      ids.forEach(list::add);
    }
  }

  /// The original 8B file has none: its default is left unsaid.
  private void headDim() throws FormatException {
    int hidden = source.integer("hidden_size", 0);
    int heads = source.integer("num_attention_heads", 0);
    boolean said = source.has("head_dim");
    boolean known = said || (heads > 0 && hidden % heads == 0);
    if (!known || LlamaConfigReader.headDim(source, hidden, heads) != config.headDim()) {
      node.put("head_dim", config.headDim());
    }
  }

  private void rope() throws FormatException {
    Rope rope = config.rope();
    boolean said =
        source.has("rope_theta") || source.has("rope_scaling") || source.has("rope_parameters");
    if (said && LlamaConfigReader.rope(source).equals(rope)) {
      return;
    }
    boolean older = said && !source.has("rope_parameters");
    ObjectNode target;
    if (older) {
      node.put("rope_theta", rope.theta());
      if (rope.llama3().isEmpty()) {
        node.putNull("rope_scaling");
        return;
      }
      target = node.putObject("rope_scaling");
    } else {
      node.remove("rope_theta");
      node.remove("rope_scaling");
      target = node.putObject("rope_parameters");
      target.put("rope_theta", rope.theta());
    }
    if (rope.llama3().isEmpty()) {
      target.put("rope_type", "default");
      return;
    }
    Rope.Llama3 scaling = rope.llama3().get();
    target.put("rope_type", "llama3");
    target.put("factor", scaling.factor());
    target.put("low_freq_factor", scaling.lowFreqFactor());
    target.put("high_freq_factor", scaling.highFreqFactor());
    target.put("original_max_position_embeddings", scaling.originalMaxPositionEmbeddings());
  }

  private void id(String key, OptionalInt said, OptionalInt id) {
    if (id.isPresent() && !said.equals(id)) {
      node.put(key, id.getAsInt());
    } else if (id.isEmpty() && said.isPresent()) {
      node.putNull(key);
    }
  }

  /// @param absent what a missing key means; null where it must be there
  private void integer(String key, int value, @Nullable Integer absent) throws FormatException {
    if (source.has(key) ? source.integer(key) != value : fresh || !Objects.equals(absent, value)) {
      node.put(key, value);
    }
  }

  private void number(String key, double value, double absent) throws FormatException {
    if (source.has(key) ? source.number(key) != value : fresh || absent != value) {
      node.put(key, value);
    }
  }
}
