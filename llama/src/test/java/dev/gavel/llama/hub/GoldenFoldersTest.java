package dev.gavel.llama.hub;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsShards;
import dev.gavel.tensor.io.TensorSource;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Folders that transformers wrote.
class GoldenFoldersTest {
  private final Path temp;

  GoldenFoldersTest(@TempDir Path temp) {
    this.temp = temp;
  }

  @Test
  void opensEachAndSavesItToTheSameBytes() throws IOException {
    for (String name : List.of("ckpt_a", "ckpt_b", "ckpt_c", "ckpt_a_ref")) {
      for (Path dir : Golden.findIfPresent(name)) {
        try (ModelFolder folder = ModelFolder.open(dir)) {
          assertThat(folder.weightBytes())
              .isEqualTo(folder.parameters() * folder.config().dtype().bytes());
          Path copy = temp.resolve(name);
          ModelFolder.save(
              copy,
              folder.config(),
              folder.generationConfig(),
              sources(folder),
              Files.exists(dir.resolve("tokenizer.json")) ? Optional.of(dir) : Optional.empty(),
              largestShard(folder));
          sameFolder(copy, dir);
        }
      }
    }
  }

  private static List<TensorSource> sources(ModelFolder folder) {
    return WeightNames.of(folder.config()).stream()
        .map(w -> folder.tensor(w.name()))
        .map(t -> TensorSource.of(t.file(), t.info()))
        .toList();
  }

  private static long largestShard(ModelFolder folder) {
    return folder.files().stream().mapToLong(SafetensorsFile::dataBytes).max().orElseThrow();
  }

  private static void sameFolder(Path found, Path expected) throws IOException {
    try (Stream<Path> files = Files.list(expected)) {
      for (Path file : files.toList()) {
        Path other = found.resolve(file.getFileName());
        if (file.toString().endsWith(".safetensors")) {
          assertThat(other).hasSameBinaryContentAs(file);
        } else {
          assertThat(Json.read(other)).as(file.toString()).isEqualTo(Json.read(file));
        }
      }
    }
    try (Stream<Path> a = Files.list(found);
        Stream<Path> b = Files.list(expected)) {
      assertThat(a.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(b.map(f -> f.getFileName().toString()).toList());
    }
  }

  @Test
  void inspectsFilesAndFolders() throws IOException {
    for (Path dir : Golden.findIfPresent("ckpt_b")) {
      ObjectNode plain = Inspection.of(dir, false);
      assertThat(plain.propertyNames())
          .containsExactly("path", "valid", "error", "tensors", "parameters", "bytes");
      assertThat(plain.get("path").stringValue()).isEqualTo(dir.toString());
      assertThat(plain.get("valid").booleanValue()).isTrue();
      assertThat(plain.get("error").isNull()).isTrue();
      JsonNode index = Json.read(dir.resolve(SafetensorsShards.INDEX));
      assertThat(plain.get("tensors").size()).isEqualTo(index.get("weight_map").size());
      assertThat(plain.get("parameters").longValue())
          .isEqualTo(index.get("metadata").get("total_parameters").longValue());
      assertThat(plain.get("bytes").longValue())
          .isEqualTo(index.get("metadata").get("total_size").longValue());
      JsonNode first = plain.get("tensors").get(0);
      LlamaConfig config = ModelFolder.readConfig(dir);
      assertThat(first.propertyNames()).containsExactly("name", "dtype", "shape");
      assertThat(first.get("name").stringValue()).isEqualTo(WeightNames.EMBEDDING);
      assertThat(first.get("dtype").stringValue()).isEqualTo("BF16");
      assertThat(first.get("shape").toString())
          .isEqualTo("[%d,%d]".formatted(config.vocabSize(), config.hiddenSize()));
    }
    for (Path verdicts : Golden.findIfPresent("safetensors_edge/verdicts.json")) {
      for (JsonNode row : Json.read(verdicts)) {
        inspect(verdicts.resolveSibling(row.get("file").stringValue()), row.get("tensors"));
      }
    }
  }

  private static void inspect(Path file, JsonNode tensors) throws IOException {
    ObjectNode found = Inspection.of(file, true);
    if (!found.get("valid").booleanValue()) {
      assertThat(found.get("error").stringValue()).contains(file.getFileName().toString());
      assertThat(found.get("tensors")).isEmpty();
      return;
    }
    assertThat(found.get("tensors").size()).isEqualTo(tensors.size());
    for (JsonNode t : found.get("tensors")) {
      ObjectNode rest = (ObjectNode) t.deepCopy();
      rest.remove("name");
      JsonNode expected = tensors.get(t.get("name").stringValue());
      assertThat(Json.parse(rest.toString(), "")).isEqualTo(expected);
    }
  }

  @Test
  void inspectsWhatIsNotThere() {
    ObjectNode found = Inspection.of(Path.of("none.safetensors"), true);
    assertThat(Json.write(found))
        .isEqualTo(
            "{\"path\":\"none.safetensors\",\"valid\":false,\"error\":\"none.safetensors: no such file or folder\",\"tensors\":[],\"parameters\":0,\"bytes\":0}");
    assertThat(SafetensorsDType.of("bf16")).isEmpty();
  }
}
