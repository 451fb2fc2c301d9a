package dev.gavel.train.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.tensor.FormatException;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapter folders as models at rest.
class AdapterModelTest {
  private static final Path ROOT = Golden.roots("lora/lora.json").getFirst();

  @TempDir Path temp;

  private static ModelOptions options(Path model, Optional<Path> base) {
    return new ModelOptions(
        model, base, "cpu", Optional.of(1), Optional.empty(), Optional.empty(), "26 Jul 2024");
  }

  private static Path copy(Path folder, Path to) throws IOException {
    Files.createDirectories(to);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  @Test
  void tokenizerAndStopIdsAreTheBases() throws IOException {
    try (LoadedModel model =
        LoadedModel.open(options(ROOT.resolve("lora/a_default"), Optional.empty()))) {
      assertThat(model.llama().lora()).map(LoraConfig::r).contains(4);
      assertThat(model.tokenizer().vocabularySize()).isPositive();
      try (LoadedModel base = LoadedModel.open(options(ROOT.resolve("ckpt_a"), Optional.empty()))) {
        assertThat(model.stopIds()).isEqualTo(base.stopIds());
      }
    }
    assertThatThrownBy(
            () -> LoadedModel.open(options(ROOT.resolve("lora/c_score"), Optional.empty())).close())
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("generation needs LlamaForCausalLM");
  }

  @Test
  void aFingerprintCoversAdapterAndBase() throws IOException {
    Path base = copy(ROOT.resolve("ckpt_a"), temp.resolve("ckpt_a"));
    Path adapter = copy(ROOT.resolve("lora/a_default"), temp.resolve("lora/x"));
    String first = Fingerprint.ofModel(adapter);
    assertThat(first)
        .isEqualTo(Fingerprint.ofModel(ROOT.resolve("lora/a_default")))
        .isNotEqualTo(Fingerprint.ofModel(base));
    assertThat(Fingerprint.ofModel(adapter, Optional.of(ROOT.resolve("ckpt_a_ref"))))
        .isNotEqualTo(first);
    Path weights = adapter.resolve("adapter_model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 200] ^= 1; // the last few are in no sample
    Files.write(weights, bytes);
    String second = Fingerprint.ofModel(adapter);
    assertThat(second).isNotEqualTo(first);
    Path baseWeights = base.resolve("model.safetensors");
    bytes = Files.readAllBytes(baseWeights);
    bytes[bytes.length - 200] ^= 1; // the last few are in no sample
    Files.write(baseWeights, bytes);
    assertThat(Fingerprint.ofModel(adapter)).isNotEqualTo(second);
  }
}
