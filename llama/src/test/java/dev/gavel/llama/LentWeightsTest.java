package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Weights that are large enough to be used as they lie in the file.
class LentWeightsTest {
  private static final String CONFIG =
      """
      {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 4160,
       "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 1,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
       "tie_word_embeddings": true, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
       "torch_dtype": "bfloat16"}
      """;

  @TempDir Path dir;

  @BeforeEach
  void writeModel() throws IOException {
    LlamaConfig config = LlamaConfig.parse(Json.parse(CONFIG, "config"), "config");
    RandomFolder.write(new RandomWeights(config, 3, false), dir, Optional.empty(), 2);
  }

  /// The same weights, copied.
  private record Copied(FolderWeights weights) implements WeightSource {
    @Override
    public DType type(String name) {
      return weights.type(name);
    }

    @Override
    public void read(String name, long rows, long columns, Rows to) throws IOException {
      weights.read(name, rows, columns, to);
    }
  }

  private Llama load(Device device, boolean copied) throws IOException {
    try (ModelFolder folder = ModelFolder.open(dir)) {
      FolderWeights weights = new FolderWeights(folder);
      return Llama.atRest(folder.config(), device, copied ? new Copied(weights) : weights, 2);
    }
  }

  private static double[] logprobs(Scorer scorer) throws IOException {
    return scorer.score(List.of(new int[] {5, 4000, 17}), 0).getFirst().logprobs();
  }

  @Test
  void firstAndLaterUsesGiveTheBitsOfCopiedWeightsThoughTheFileIsGone() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 2);
        Llama copied = load(device, true);
        Llama lent = load(device, false);
        Scorer expected = new Scorer(copied, 64);
        Scorer found = new Scorer(lent, 64)) {
      try (var files = Files.list(dir)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      double[] first = logprobs(expected);
      for (int use = 0; use < 12; use++) {
        assertThat(logprobs(found)).as("use %d", use).isEqualTo(first);
      }
    }
  }

  @Test
  void brokenValuesAreRefusedByTensorAndElement() throws IOException {
    Path file = dir.resolve("model.safetensors");
    String name = "model.embed_tokens.weight";
    long at;
    try (SafetensorsFile stored = SafetensorsFile.open(file)) {
      at = stored.dataStart() + stored.tensor(name).begin() + 2 * 1_000_003;
    }
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.seek(at);
      raw.write(new byte[] {(byte) 0x80, 0x7f}); // infinity
    }
    try (Device device = Devices.open("cpu", DType.F32, 2)) {
      assertThatThrownBy(() -> load(device, false))
          .isInstanceOf(FormatException.class)
          .hasMessageContaining("tensor '" + name + "' holds NaN or infinity at element 1000003");
    }
  }
}
