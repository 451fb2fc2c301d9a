package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.SafetensorsDType;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Reads both spellings of `config.json`. Defaults are those of transformers' `LlamaConfig`, except
/// that sizes must be given.
final class LlamaConfigReader {
  private LlamaConfigReader() {}

  static LlamaConfig read(Fields f) throws FormatException {
    Architecture architecture = architecture(f);
    refuseWhatIsNotBuilt(f);
    int hidden = f.integer("hidden_size");
    int heads = f.integer("num_attention_heads");
    try {
      return new LlamaConfig(
          architecture,
          f.integer("vocab_size"),
          hidden,
          f.integer("intermediate_size"),
          f.integer("num_hidden_layers"),
          heads,
          f.integer("num_key_value_heads", heads),
          headDim(f, hidden, heads),
          f.integer("max_position_embeddings", 2048),
          f.number("rms_norm_eps", 1e-6),
          rope(f),
          f.bool("tie_word_embeddings", false),
          architecture == Architecture.SEQUENCE_CLASSIFICATION ? numLabels(f) : 0,
          dtype(f),
          tokenId(f, "bos_token_id"),
          f.ids("eos_token_id"),
          tokenId(f, "pad_token_id"),
          f.number("initializer_range", 0.02),
          f.node());
    } catch (IllegalArgumentException e) {
      throw new FormatException(f.where() + e.getMessage(), e);
    }
  }

  private static Architecture architecture(Fields f) throws FormatException {
    String type = f.string("model_type");
    JsonNode list = f.get("architectures");
    if (list != null && !list.isArray()) {
      throw f.error("architectures", "expected a list of names");
    }
    if (list == null || list.isEmpty()) {
      if ("llama".equals(type)) {
        return Architecture.CAUSAL_LM;
      }
      throw type == null
          ? new FormatException(f.where() + "names neither model_type nor architectures")
          : f.error("model_type", "this build knows: llama");
    }
    JsonNode first = list.get(0);
    Architecture found =
        Architecture.of(first.asString(""))
            .orElseThrow(
                () -> f.error("architectures", "this build knows: " + Architecture.names()));
    if (type != null && !type.equals("llama")) {
      throw f.error("model_type", "this build knows: llama");
    }
    return found;
  }

  private static void refuseWhatIsNotBuilt(Fields f) throws FormatException {
    for (String bias : List.of("attention_bias", "mlp_bias")) {
      if (f.bool(bias, false)) {
        throw f.error(bias, "this build knows linear layers without bias only");
      }
    }
    String act = f.string("hidden_act");
    if (act != null && !act.equals("silu") && !act.equals("swish")) {
      throw f.error("hidden_act", "this build knows: silu");
    }
    if (f.has("quantization_config")) {
      throw f.error(
          "quantization_config", "this build reads weights in F32, BF16, F16 and F64 only");
    }
    if (f.number("partial_rotary_factor", 1) != 1) {
      throw f.error("partial_rotary_factor", "this build turns whole heads (1.0)");
    }
  }

  static int headDim(Fields f, int hidden, int heads) throws FormatException {
    if (f.has("head_dim")) {
      return f.integer("head_dim");
    }
    if (heads <= 0 || hidden % heads != 0) {
      throw new FormatException(
          "%shead_dim is missing and hidden_size %d is not a multiple of num_attention_heads %d"
              .formatted(f.where(), hidden, heads));
    }
    return hidden / heads;
  }

  static int numLabels(Fields f) throws FormatException {
    Fields id2label = f.object("id2label");
    if (id2label == null) {
      return f.integer("num_labels", 2);
    }
    int entries = id2label.node().size();
    if (f.integer("num_labels", entries) != entries) {
      throw f.error("num_labels", "but id2label has " + entries + " entries");
    }
    return entries;
  }

  /// Older exports of Llama write -1 where there is none.
  static OptionalInt tokenId(Fields f, String key) throws FormatException {
    OptionalInt id = f.optionalInteger(key);
    return id.isPresent() && id.getAsInt() < 0 ? OptionalInt.empty() : id;
  }

  static SafetensorsDType dtype(Fields f) throws FormatException {
    String newer = f.string("dtype");
    String older = f.string("torch_dtype");
    if (newer != null && older != null && !newer.equals(older)) {
      throw f.error("torch_dtype", "but dtype is \"" + newer + "\"");
    }
    String name = newer != null ? newer : older;
    if (name == null) {
      return SafetensorsDType.F32;
    }
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "float32" -> SafetensorsDType.F32;
      case "bfloat16" -> SafetensorsDType.BF16;
      case "float16" -> SafetensorsDType.F16;
      case "float64" -> SafetensorsDType.F64;
      default ->
          throw f.error(
              newer != null ? "dtype" : "torch_dtype",
              "this build knows: float32, bfloat16, float16, float64");
    };
  }

  static Rope rope(Fields f) throws FormatException {
    Fields newer = f.object("rope_parameters");
    Fields older = f.object("rope_scaling");
    if (newer != null && older != null && !newer.node().equals(older.node())) {
      throw f.error("rope_scaling", "but rope_parameters says otherwise; keep one of them");
    }
    Fields rope = newer != null ? newer : older;
    double theta = f.number("rope_theta", 10000);
    if (rope == null) {
      return Rope.plain(theta);
    }
    theta = rope.number("rope_theta", theta);
    if (rope.number("partial_rotary_factor", 1) != 1) {
      throw rope.error("partial_rotary_factor", "this build turns whole heads (1.0)");
    }
    try {
      return new Rope(theta, scaling(rope, f));
    } catch (IllegalArgumentException e) {
      throw new FormatException(rope.where() + e.getMessage(), e);
    }
  }

  private static Optional<Rope.Llama3> scaling(Fields rope, Fields root) throws FormatException {
    String key = rope.has("rope_type") || !rope.has("type") ? "rope_type" : "type";
    @Nullable String type = rope.string(key);
    if (key.equals("rope_type")
        && rope.has("type")
        && !String.valueOf(type).equals(rope.string("type"))) {
      throw rope.error("type", "but rope_type is \"" + type + "\"");
    }
    if (type == null || type.equals("default")) {
      return Optional.empty();
    }
    if (!type.equals("llama3")) {
      throw new FormatException(
          "%s%s is '%s'; this build knows: default, llama3".formatted(rope.where(), key, type));
    }
    String original = "original_max_position_embeddings";
    return Optional.of(
        new Rope.Llama3(
            rope.number("factor"),
            rope.number("low_freq_factor"),
            rope.number("high_freq_factor"),
            rope.has(original) || !root.has(original)
                ? rope.integer(original)
                : root.integer(original)));
  }
}
