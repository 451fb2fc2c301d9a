package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class SafetensorsWriterTest {
  private final Path dir;

  SafetensorsWriterTest(@TempDir Path dir) {
    this.dir = dir;
  }

  private static TensorSource tensor(String name, SafetensorsDType dtype, int n, int fill) {
    byte[] bytes = new byte[n * dtype.bytes()];
    Arrays.fill(bytes, (byte) fill);
    return TensorSource.of(name, dtype, Shape.of(n), MemorySegment.ofArray(bytes));
  }

  /// Fails after some of its bytes.
  private static TensorSource broken(String name, long bytes, long failAt) {
    return new TensorSource(
        name,
        SafetensorsDType.U8,
        Shape.of(bytes),
        (offset, into) -> {
          if (offset + into.byteSize() > failAt) {
            throw new IOException("No space left on device");
          }
        });
  }

  @Test
  void writesTheBytesTheFormatSays() throws IOException {
    Path file = dir.resolve("a/b.safetensors");
    SafetensorsWriter.write(
        file,
        List.of(
            tensor("b", SafetensorsDType.U8, 1, 1),
            tensor("a", SafetensorsDType.U8, 2, 2),
            tensor("z", SafetensorsDType.F32, 1, 3)));
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[4,6]},"
            + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[6,7]}}";
    String padded = header + " ".repeat((8 - header.length() % 8) % 8);
    byte[] bytes = Files.readAllBytes(file);
    assertThat(bytes[0] & 255).isEqualTo(padded.length());
    assertThat(new String(bytes, 8, padded.length(), StandardCharsets.UTF_8)).isEqualTo(padded);
    assertThat(Arrays.copyOfRange(bytes, 8 + padded.length(), bytes.length))
        .containsExactly(3, 3, 3, 3, 2, 2, 1);
  }

  @Test
  void asksForBytesPieceByPiece() throws IOException {
    long n = 9_000_001;
    List<Long> offsets = new ArrayList<>();
    TensorSource source =
        new TensorSource(
            "a",
            SafetensorsDType.U8,
            Shape.of(n),
            (offset, into) -> {
              offsets.add(offset);
              for (long i = 0; i < into.byteSize(); i++) {
                into.set(ValueLayout.JAVA_BYTE, i, (byte) ((offset + i) % 251));
              }
            });
    Path path = dir.resolve("a.safetensors");
    SafetensorsWriter.write(path, List.of(source));
    assertThat(offsets).hasSizeGreaterThan(1).allMatch(o -> o % 64 == 0);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      MemorySegment bytes = file.bytes("a");
      for (long i = 0; i < n; i++) {
        if (bytes.get(ValueLayout.JAVA_BYTE, i) != (byte) (i % 251)) {
          throw new AssertionError("byte " + i);
        }
      }
    }
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path path = dir.resolve("a.safetensors");
    SafetensorsWriter.write(path, List.of(tensor("a", SafetensorsDType.U8, 3, 7)));
    byte[] old = Files.readAllBytes(path);
    assertThatThrownBy(
            () -> SafetensorsWriter.write(path, List.of(broken("b", 20_000_000, 9_000_000))))
        .isInstanceOf(IOException.class)
        .hasMessage(path + ": not written: No space left on device");
    TensorSource bug =
        new TensorSource(
            "c",
            SafetensorsDType.U8,
            Shape.of(1),
            (_, _) -> {
              throw new IllegalStateException("bug");
            });
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(bug))).hasMessage("bug");
    assertThat(path).hasBinaryContent(old);
    assertThat(names()).containsExactly("a.safetensors");
  }

  @Test
  void aMappedFileSurvivesItsReplacement() throws IOException {
    Path path = dir.resolve("a.safetensors");
    SafetensorsWriter.write(path, List.of(tensor("a", SafetensorsDType.U8, 30_000, 7)));
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      SafetensorsWriter.write(path, List.of(tensor("b", SafetensorsDType.U8, 1, 8)));
      assertThat(file.bytes("a").get(ValueLayout.JAVA_BYTE, 29_999)).isEqualTo((byte) 7);
    }
  }

  @Test
  void removesWhatAKilledProcessLeft() throws IOException {
    Path dead = dir.resolve(".a.safetensors.tmp999999999");
    Path living = dir.resolve(".a.safetensors.tmp1");
    Path other = dir.resolve(".b.safetensors.tmp999999999");
    for (Path p : List.of(dead, living, other)) {
      Files.writeString(p, "left");
    }
    SafetensorsWriter.write(dir.resolve("a.safetensors"), List.of());
    assertThat(dead).doesNotExist();
    assertThat(living).exists();
    assertThat(other).exists();
  }

  @Test
  void saysBeforehandThatADiskIsTooSmall() {
    Path path = dir.resolve("none/a.safetensors");
    assertThatThrownBy(() -> SafetensorsWriter.write(path, List.of(broken("a", 1L << 50, 0))))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(
            ".*a.safetensors: not written: needs \\d+ bytes, the disk has \\d+ free");
    assertThat(names()).isEmpty();
  }

  @Test
  void refusesWhatNoFileCanHold() {
    TensorSource a = tensor("a", SafetensorsDType.U8, 1, 1);
    assertThatThrownBy(() -> SafetensorsWriter.write(dir.resolve("a"), List.of(a, a)))
        .hasMessage("tensor 'a' is given twice");
    assertThatThrownBy(() -> tensor("__metadata__", SafetensorsDType.U8, 1, 1))
        .hasMessageContaining("__metadata__");
    assertThatThrownBy(() ->
            TensorSource.of(
                "a", SafetensorsDType.F32, Shape.of(2), MemorySegment.ofArray(new byte[4])))
        .hasMessage("tensor 'a': F32 [2] needs 8 bytes, got 4");
    assertThatThrownBy(() ->
            TensorSource.of(
                "a", SafetensorsDType.F4, Shape.of(3), MemorySegment.ofArray(new byte[2])))
        .hasMessageContaining("12 bits");
  }

  @Test
  void shardsInOrderWithAnIndex() throws IOException {
    List<TensorSource> tensors =
        List.of(
            tensor("a", SafetensorsDType.U8, 6, 1),
            tensor("huge", SafetensorsDType.U8, 30, 2),
            tensor("b", SafetensorsDType.U8, 5, 3),
            tensor("c", SafetensorsDType.BF16, 2, 4),
            tensor("d", SafetensorsDType.U8, 2, 5));
    SafetensorsShards.write(dir, tensors, 10);
    assertThat(names())
        .containsExactly(
            "model-00001-of-00004.safetensors",
            "model-00002-of-00004.safetensors",
            "model-00003-of-00004.safetensors",
            "model-00004-of-00004.safetensors",
            "model.safetensors.index.json");
    JsonNode index = Json.read(dir.resolve(SafetensorsShards.INDEX));
    assertThat(index.get("metadata").get("total_size").longValue()).isEqualTo(47);
    assertThat(index.get("metadata").get("total_parameters").longValue()).isEqualTo(45);
    assertThat(index.get("weight_map").get("b").stringValue())
        .isEqualTo(index.get("weight_map").get("c").stringValue())
        .isEqualTo("model-00003-of-00004.safetensors");
  }

  @Test
  void aNewModelRemovesWhatTheOldOneLeaves() throws IOException {
    List<TensorSource> two =
        List.of(tensor("a", SafetensorsDType.U8, 6, 1), tensor("b", SafetensorsDType.U8, 6, 1));
    SafetensorsShards.write(dir, two, 100);
    assertThat(names()).containsExactly("model.safetensors");
    SafetensorsShards.write(dir, two, 6);
    assertThat(names())
        .containsExactly(
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json");
    Files.writeString(dir.resolve("model-00001.safetensors"), "mine");
    SafetensorsShards.write(dir, two, 100);
    assertThat(names()).containsExactly("model-00001.safetensors", "model.safetensors");
  }

  @Test
  void aFailureBetweenShardsLeavesTheOldModel() throws IOException {
    List<TensorSource> two =
        List.of(tensor("a", SafetensorsDType.U8, 6, 1), tensor("b", SafetensorsDType.U8, 6, 1));
    SafetensorsShards.write(dir, two, 6);
    Map<String, byte[]> old = contents();
    List<TensorSource> failing = List.of(tensor("a", SafetensorsDType.U8, 6, 9), broken("b", 6, 0));
    assertThatThrownBy(() -> SafetensorsShards.write(dir, failing, 6))
        .hasMessageContaining("model-00002-of-00002.safetensors: not written: No space left");
    assertThat(contents().keySet()).isEqualTo(old.keySet());
    contents().forEach((name, bytes) -> assertThat(bytes).as(name).isEqualTo(old.get(name)));
  }

  private List<String> names() {
    try (Stream<Path> files = Files.list(dir)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, byte[]> contents() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    for (String name : names()) {
      contents.put(name, Files.readAllBytes(dir.resolve(name)));
    }
    return contents;
  }
}
