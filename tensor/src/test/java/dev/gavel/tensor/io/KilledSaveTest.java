package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.Shape;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// A process that saves a model over and over, killed at random moments.
class KilledSaveTest {
  private static final int BYTES = 1 << 20;

  private final Path dir;

  KilledSaveTest(@TempDir Path dir) {
    this.dir = dir;
  }

  /// The process: model after model of one byte value, in one file or two shards.
  static final class Saver {
    private Saver() {}

    public static void main(String[] args) throws IOException {
      for (int i = 0; ; i++) {
        byte[] bytes = new byte[BYTES];
        Arrays.fill(bytes, (byte) i);
        MemorySegment stored = MemorySegment.ofArray(bytes);
        Shape shape = Shape.of(BYTES);
        SafetensorsShards.write(
            Path.of(args[0]),
            List.of(
                TensorSource.of("a", SafetensorsDType.U8, shape, stored),
                TensorSource.of("b", SafetensorsDType.U8, shape, stored)),
            i % 3 == 2 ? 2 * BYTES : BYTES);
        System.out.println(i);
      }
    }
  }

  @Test
  void leavesOneModelOrOneThatSaysItIsIncompleteNeverAMixture() throws Exception {
    long seed = Long.getLong("gavel.seed", System.nanoTime());
    System.out.println("KilledSaveTest: seed " + seed);
    Random random = new Random(seed);
    int whole = 0;
    for (int round = 0; round < 4; round++) {
      killOne(random);
      whole += models().size() == 1 ? 1 : 0;
      assertThat(models())
          .as("seed %d: byte values of the model's tensors", seed)
          .hasSizeLessThan(2);
    }
    assertThat(whole).as("seed %d: kills that left a model", seed).isPositive();
    SafetensorsShards.write(dir, List.of(), 1);
    assertThat(names()).as("seed %d", seed).containsExactly("model.safetensors");
  }

  private void killOne(Random random) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath(),
                Saver.class.getName(),
                dir.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out = process.inputReader()) {
      for (int i = random.nextInt(1, 5); i > 0; i--) {
        assertThat(out.readLine()).isNotNull();
      }
      Thread.sleep(random.nextInt(60));
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private static String classPath() {
    Path target = Path.of(System.getProperty("basedir", ".")).toAbsolutePath().resolve("target");
    return Stream.of(
            target.resolve("classes").toString(),
            target.resolve("test-classes").toString(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""))
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  /// Values of all bytes of the model, read as transformers would: the single file, else the index;
  /// empty if there is neither.
  private Set<Byte> models() throws IOException {
    Set<Path> files = new TreeSet<>();
    if (Files.exists(dir.resolve(SafetensorsShards.SINGLE))) {
      files.add(dir.resolve(SafetensorsShards.SINGLE));
    } else if (Files.exists(dir.resolve(SafetensorsShards.INDEX))) {
      for (JsonNode file : Json.read(dir.resolve(SafetensorsShards.INDEX)).get("weight_map")) {
        files.add(dir.resolve(file.stringValue()));
      }
    }
    Set<Byte> values = new HashSet<>();
    for (Path path : files) {
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        for (TensorInfo t : file.tensors()) {
          for (byte b : file.bytes(t.name()).toArray(ValueLayout.JAVA_BYTE)) {
            values.add(b);
          }
        }
      }
    }
    return values;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}
