package dev.gavel.llama.hub;

import dev.gavel.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The tensors of a model by their Hugging Face names.
public final class WeightNames {
  public static final String EMBEDDING = "model.embed_tokens.weight";
  public static final String FINAL_NORM = "model.norm.weight";
  public static final String LM_HEAD = "lm_head.weight";
  public static final String SCORE = "score.weight";

  /// Buffers that older exports store beside the weights; they follow from the config.
  private static final Pattern HARMLESS =
      Pattern.compile("model\\.(layers\\.\\d+\\.self_attn\\.)?rotary_emb\\.inv_freq");

  private WeightNames() {}

  /// One tensor: name and shape, `[outputs, inputs]` for linear layers.
  public record Weight(String name, Shape shape) {}

  /// Name of a tensor of one layer, as in `layer(3, "self_attn.q_proj")`.
  public static String layer(int layer, String part) {
    return "model.layers." + layer + "." + part + ".weight";
  }

  /// All tensors of a model, embedding first, then layer by layer, the head last: the order in
  /// which transformers' shards are filled.
  public static List<Weight> of(LlamaConfig c) {
    long hidden = c.hiddenSize();
    long ffn = c.intermediateSize();
    long q = (long) c.numAttentionHeads() * c.headDim();
    long kv = (long) c.numKeyValueHeads() * c.headDim();
    List<Weight> weights = new ArrayList<>();
    weights.add(new Weight(EMBEDDING, Shape.of(c.vocabSize(), hidden)));
    for (int l = 0; l < c.numHiddenLayers(); l++) {
      weights.add(new Weight(layer(l, "self_attn.q_proj"), Shape.of(q, hidden)));
      weights.add(new Weight(layer(l, "self_attn.k_proj"), Shape.of(kv, hidden)));
      weights.add(new Weight(layer(l, "self_attn.v_proj"), Shape.of(kv, hidden)));
      weights.add(new Weight(layer(l, "self_attn.o_proj"), Shape.of(hidden, q)));
      weights.add(new Weight(layer(l, "mlp.gate_proj"), Shape.of(ffn, hidden)));
      weights.add(new Weight(layer(l, "mlp.up_proj"), Shape.of(ffn, hidden)));
      weights.add(new Weight(layer(l, "mlp.down_proj"), Shape.of(hidden, ffn)));
      weights.add(new Weight(layer(l, "input_layernorm"), Shape.of(hidden)));
      weights.add(new Weight(layer(l, "post_attention_layernorm"), Shape.of(hidden)));
    }
    weights.add(new Weight(FINAL_NORM, Shape.of(hidden)));
    if (c.architecture() == Architecture.SEQUENCE_CLASSIFICATION) {
      weights.add(new Weight(SCORE, Shape.of(c.numLabels(), hidden)));
    } else if (!c.tieWordEmbeddings()) {
      weights.add(new Weight(LM_HEAD, Shape.of(c.vocabSize(), hidden)));
    }
    return weights;
  }

  /// Whether a tensor that no model needs may be there all the same.
  static boolean harmless(String name) {
    return HARMLESS.matcher(name).matches();
  }

  /// Number of weights.
  public static long parameters(LlamaConfig config) {
    return of(config).stream().mapToLong(w -> w.shape().size()).sum();
  }
}
