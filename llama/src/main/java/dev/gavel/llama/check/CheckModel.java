package dev.gavel.llama.check;

import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.WeightSource;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// A model of two layers with random weights.
///
/// @param headDim 64 and 128 are what tensor cores take; others run in plain loops
public record CheckModel(String name, int heads, int kvHeads, int headDim, boolean tied) {
  private static final int HIDDEN = 96;
  private static final long SEED = 20261127;

  /// Large enough for attention that is not even, and logits that differ.
  private static final double DEVIATION = 0.12;

  /// One for each way that attention can run.
  public static List<CheckModel> all() {
    return List.of(
        new CheckModel("heads of 12", 4, 2, 12, true),
        new CheckModel("heads of 64", 4, 1, 64, false),
        new CheckModel("heads of 128", 2, 1, 128, true));
  }

  public LlamaConfig config() {
    String json =
        """
        {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 211,
         "hidden_size": %d, "intermediate_size": 136, "num_hidden_layers": 2,
         "num_attention_heads": %d, "num_key_value_heads": %d, "head_dim": %d,
         "max_position_embeddings": 512, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
         "tie_word_embeddings": %s, "initializer_range": %s, "hidden_act": "silu",
         "torch_dtype": "float32"}
        """
            .formatted(HIDDEN, heads, kvHeads, headDim, tied, DEVIATION);
    try {
      return LlamaConfig.parse(Json.parse(json, name), name);
    } catch (FormatException e) {
      throw new IllegalStateException(e);
    }
  }

  /// The weights, as numbers that `type` holds.
  public WeightSource weights(DType type) {
    RandomWeights random = new RandomWeights(config(), SEED, false);
    return type == DType.BF16 ? new Rounded(random) : random;
  }

  /// f32 weights rounded to bf16.
  private record Rounded(RandomWeights random) implements WeightSource {
    @Override
    public DType type(String tensor) {
      return DType.F32;
    }

    @Override
    public void read(String tensor, long rows, long columns, Rows to) throws IOException {
      random.read(
          tensor,
          rows,
          columns,
          (piece, first, count) -> {
            round(piece, count * columns);
            to.accept(piece, first, count);
          });
    }

    private static void round(MemorySegment piece, long count) {
      for (long i = 0; i < count; i++) {
        float x = piece.getAtIndex(ValueLayout.JAVA_FLOAT, i);
        piece.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) DType.BF16.round(x));
      }
    }
  }
}
