package dev.gavel.bench.model;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Models that speed is measured on; the same as `SHAPES` in `bench/peers/peer.py`.
///
/// @param rows of a training step
/// @param tokens of a row
public record ModelShape(
    String name,
    int hidden,
    int layers,
    int heads,
    int kvHeads,
    int headDim,
    int ffn,
    int vocabulary,
    double ropeTheta,
    boolean tied,
    int rows,
    int tokens) {
  private static final List<ModelShape> ALL =
      List.of(
          new ModelShape("7m", 288, 6, 6, 6, 48, 768, 4096, 1e4, true, 8, 256),
          new ModelShape("100m", 768, 12, 12, 4, 64, 2048, 32_000, 1e4, true, 2, 512),
          new ModelShape("1b", 2048, 16, 32, 8, 64, 8192, 128_256, 5e5, true, 1, 512),
          new ModelShape("8b", 4096, 32, 32, 8, 128, 14_336, 128_256, 5e5, false, 2, 2048));

  /// @throws IllegalArgumentException naming those that there are
  public static ModelShape named(String name) {
    return ALL.stream()
        .filter(s -> s.name.equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no model shape '%s'; here are %s"
                    .formatted(name, ALL.stream().map(ModelShape::name).toList())));
  }

  /// The same model on another batch.
  public ModelShape with(int newRows, int newTokens) {
    return new ModelShape(
        name,
        hidden,
        layers,
        heads,
        kvHeads,
        headDim,
        ffn,
        vocabulary,
        ropeTheta,
        tied,
        newRows,
        newTokens);
  }

  /// A `config.json` of this shape.
  ObjectNode json(SafetensorsDType dtype) {
    ObjectNode json = Json.mapper().createObjectNode();
    json.putArray("architectures").add("LlamaForCausalLM");
    json.put("model_type", "llama")
        .put("dtype", dtype == SafetensorsDType.F32 ? "float32" : "bfloat16");
    json.put("hidden_size", hidden).put("num_hidden_layers", layers);
    json.put("num_attention_heads", heads).put("num_key_value_heads", kvHeads);
    json.put("head_dim", headDim).put("intermediate_size", ffn).put("vocab_size", vocabulary);
    json.put("rope_theta", ropeTheta).put("tie_word_embeddings", tied);
    json.put("max_position_embeddings", 4096).put("rms_norm_eps", 1e-6);
    json.put("hidden_act", "silu").put("initializer_range", 0.02);
    json.put("bos_token_id", 0).put("eos_token_id", 1);
    return json;
  }

  /// What it says.
  public LlamaConfig config(SafetensorsDType dtype) {
    try {
      return LlamaConfig.parse(json(dtype), name);
    } catch (FormatException e) {
      throw new IllegalStateException(e);
    }
  }

  public long parameters() {
    return WeightNames.parameters(config(SafetensorsDType.F32));
  }

  /// FLOPs of a training step: 2 per weight and token forward and twice that backward, an embedding
  /// that is no head costs nothing; attention's two products over the causal half, and five
  /// backward.
  public double stepFlops() {
    double pairs = rows * (tokens * (tokens + 1.0) / 2);
    double attention = 2 * (2 + 5) * pairs * heads * headDim * layers;
    double lookedUp = tied ? 0 : (double) vocabulary * hidden;
    return 6.0 * (parameters() - lookedUp) * rows * tokens + attention;
  }

  /// Token `i` of the texts that all sides read: a hash, the same as in `peer.py`.
  public static int token(long i, int vocabulary) {
    long x = i * 2654435761L & 0xFFFFFFFFL;
    x ^= x >>> 16;
    x = x * 2246822519L & 0xFFFFFFFFL;
    x ^= x >>> 13;
    return (int) (x * vocabulary >>> 32);
  }

  /// Tokens `first .. first + count - 1`.
  public int[] text(long first, int count) {
    int[] ids = new int[count];
    Arrays.setAll(ids, i -> token(first + i, vocabulary));
    return ids;
  }
}
