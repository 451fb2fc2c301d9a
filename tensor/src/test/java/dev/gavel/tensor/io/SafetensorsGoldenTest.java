package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The reference library's verdict on every case of `safetensors_edge`.
class SafetensorsGoldenTest {
  /// Where library and written format disagree, and either is right.
  private static final Set<String> EITHER =
      Set.of(
          "array_tensor.safetensors", "leading_space.safetensors", "metadata_is_null.safetensors");

  @Test
  void judgesEveryEdgeCaseAsTheReferenceDoes() throws Exception {
    for (Path verdicts : Golden.findIfPresent("safetensors_edge/verdicts.json")) {
      List<String> wrong = new ArrayList<>();
      for (JsonNode row : Json.read(verdicts)) {
        Path file = verdicts.resolveSibling(row.get("file").stringValue());
        String verdict = check(file, row);
        if (!verdict.isEmpty()) {
          wrong.add(file.getFileName() + " (" + row.get("why").stringValue() + "): " + verdict);
        }
      }
      assertThat(wrong).isEmpty();
    }
  }

  private static String check(Path path, JsonNode row) throws Exception {
    String name = path.getFileName().toString();
    boolean accepted = row.get("library_accepts").booleanValue() && !name.startsWith("duplicate_");
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      if (!accepted) {
        return EITHER.contains(name) ? "" : "accepted, should be refused";
      }
      compare(file, row);
      return "";
    } catch (FormatException e) {
      if (!String.valueOf(e.getMessage()).contains(name)) {
        return "message does not name the file: " + e.getMessage();
      }
      return accepted && !EITHER.contains(name) ? "refused: " + e.getMessage() : "";
    }
  }

  private static void compare(SafetensorsFile file, JsonNode row) throws Exception {
    JsonNode tensors = row.get("tensors");
    assertThat(file.tensors().stream().map(TensorInfo::name))
        .containsExactlyInAnyOrderElementsOf(tensors.propertyNames());
    for (TensorInfo t : file.tensors()) {
      JsonNode expected = tensors.get(t.name());
      assertThat(t.dtype().name()).isEqualTo(expected.get("dtype").stringValue());
      assertThat(shape(t)).isEqualTo(shape(expected.get("shape")));
      String sha = expected.get("sha256").stringValue();
      assertThat(sha256(file.bytes(t.name()).toArray(ValueLayout.JAVA_BYTE))).isEqualTo(sha);
      byte[] read = new byte[(int) t.bytes()];
      file.read(t, 0, MemorySegment.ofArray(read));
      assertThat(sha256(read)).isEqualTo(sha);
    }
    JsonNode metadata = row.get("metadata");
    if (metadata != null && metadata.isObject()) {
      assertThat(file.metadata().keySet())
          .containsExactlyInAnyOrderElementsOf(metadata.propertyNames());
      for (String key : metadata.propertyNames()) {
        assertThat(file.metadata()).containsEntry(key, metadata.get(key).stringValue());
      }
    }
  }

  private static List<BigInteger> shape(TensorInfo t) {
    List<BigInteger> shape = new ArrayList<>();
    for (long d : t.shape()) {
      shape.add(new BigInteger(Long.toUnsignedString(d)));
    }
    return shape;
  }

  private static List<BigInteger> shape(JsonNode node) {
    List<BigInteger> shape = new ArrayList<>();
    node.forEach(d -> shape.add(d.bigIntegerValue()));
    return shape;
  }

  private static String sha256(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  @Test
  void everyFileOfTheReferenceWriterComesOutAgainByteForByte() throws IOException {
    for (String name :
        List.of(
            "dtypes/rounding.safetensors",
            "ckpt_a/model.safetensors",
            "ckpt_b/model-00001-of-00003.safetensors",
            "ckpt_c/model.safetensors",
            "forward/a.safetensors")) {
      for (Path path : Golden.findIfPresent(name)) {
        Path copy = Files.createTempFile("gavel", ".safetensors");
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
          SafetensorsWriter.write(
              copy,
              file.tensors().stream().map(t -> TensorSource.of(file, t)).toList(),
              file.metadata());
          assertThat(copy).hasSameBinaryContentAs(path);
        } finally {
          Files.delete(copy);
        }
      }
    }
  }

  @Test
  void aFolderOrNothingIsNoFile() {
    assertThatThrownBy(() -> SafetensorsFile.open(Path.of(".")))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("not a file");
    assertThatThrownBy(() -> SafetensorsFile.open(Path.of("none.safetensors")))
        .hasMessage("none.safetensors: no such file");
  }
}
