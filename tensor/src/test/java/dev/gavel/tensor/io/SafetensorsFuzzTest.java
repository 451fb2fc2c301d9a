package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Shape;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Random files there and back, and broken ones; the seed of a failure is in its message.
class SafetensorsFuzzTest {
  private static final long SEED = Long.getLong("gavel.seed", 7_700);

  private final Path dir;

  SafetensorsFuzzTest(@TempDir Path dir) {
    this.dir = dir;
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    for (long seed = SEED; seed < SEED + 80; seed++) {
      Random random = new Random(seed);
      Map<String, byte[]> bytes = new HashMap<>();
      List<TensorSource> tensors = tensors(random, bytes);
      Map<String, String> metadata =
          random.nextBoolean() ? Map.of() : Map.of(name(random, 0), "é\n");
      Path path = dir.resolve("r.safetensors");
      SafetensorsWriter.write(path, tensors, metadata);
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        compare("seed " + seed, file, tensors, bytes);
        assertThat(file.metadata()).as("seed %d", seed).isEqualTo(metadata);
        assertThat(file.dataStart() % 8).as("seed %d", seed).isZero();
      }
    }
  }

  private static void compare(
      String seed, SafetensorsFile file, List<TensorSource> tensors, Map<String, byte[]> bytes)
      throws IOException {
    assertThat(file.tensors()).as(seed).hasSameSizeAs(tensors);
    for (TensorSource t : tensors) {
      TensorInfo info = file.tensor(t.name());
      assertThat(info.dtype()).as(seed).isEqualTo(t.dtype());
      assertThat(info.toShape()).as(seed).isEqualTo(t.shape());
      byte[] expected = Objects.requireNonNull(bytes.get(t.name()));
      assertThat(file.bytes(t.name()).toArray(ValueLayout.JAVA_BYTE)).as(seed).isEqualTo(expected);
      int from = expected.length / 3;
      byte[] part = new byte[expected.length - from];
      file.read(info, from, MemorySegment.ofArray(part));
      assertThat(part).as(seed).isEqualTo(Arrays.copyOfRange(expected, from, expected.length));
      // Each tensor is aligned to its elements, because wide ones come first.
      assertThat(info.begin() % Math.max(1, info.dtype().bits() / 8)).as(seed).isZero();
    }
  }

  private static List<TensorSource> tensors(Random random, Map<String, byte[]> bytes) {
    List<TensorSource> tensors = new ArrayList<>();
    SafetensorsDType[] dtypes = SafetensorsDType.values();
    for (int i = random.nextInt(6); i > 0; i--) {
      SafetensorsDType dtype = dtypes[random.nextInt(dtypes.length)];
      long[] dims = random.longs(random.nextInt(4), 0, 6).toArray();
      if (dtype.bits() < 8) {
        dims = Arrays.copyOf(dims, dims.length + 1);
        dims[dims.length - 1] = 4;
      }
      Shape shape = Shape.of(dims);
      byte[] stored = new byte[(int) (shape.size() * dtype.bits() / 8)];
      random.nextBytes(stored);
      String name = name(random, i);
      bytes.put(name, stored);
      tensors.add(TensorSource.of(name, dtype, shape, MemorySegment.ofArray(stored)));
    }
    return tensors;
  }

  private static String name(Random random, int i) {
    String[] names = {"w", "model.layers.0.é", "👍", "\uFF5E", "a\"\\\n\u0001", ""};
    return names[random.nextInt(names.length)] + (i == 0 ? "" : i);
  }

  @Test
  void aBrokenFileIsRefusedOrWholeNeverACrash() throws IOException {
    Path whole = dir.resolve("whole.safetensors");
    int accepted = 0;
    for (long seed = SEED; seed < SEED + 800; seed++) {
      Random random = new Random(seed);
      if (seed % 100 == SEED % 100) {
        SafetensorsWriter.write(whole, tensors(random, new HashMap<>()));
      }
      byte[] broken = mutate(Files.readAllBytes(whole), random);
      try (SafetensorsFile file = SafetensorsFile.open(SafetensorsBytes.write(dir, broken))) {
        long sum = 0;
        for (TensorInfo t : file.tensors()) {
          assertThat(file.dataStart() + t.end())
              .as("seed %d", seed)
              .isLessThanOrEqualTo(broken.length);
          sum += file.bytes(t.name()).toArray(ValueLayout.JAVA_BYTE).length;
        }
        assertThat(file.dataStart() + sum).as("seed %d", seed).isEqualTo(broken.length);
        accepted++;
      } catch (FormatException e) {
        assertThat(e.getMessage()).as("seed %d", seed).contains("x.safetensors: ");
      } catch (RuntimeException e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
    assertThat(accepted).isBetween(50, 1900);
  }

  private static byte[] mutate(byte[] bytes, Random random) {
    byte[] broken = bytes.clone();
    int header = Math.min(broken.length, 8 + (bytes[0] & 255) + 256 * (bytes[1] & 255));
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      switch (random.nextInt(6)) {
        case 0 -> broken = Arrays.copyOf(broken, random.nextInt(broken.length + 1));
        case 1 -> broken = Arrays.copyOf(broken, broken.length + 1 + random.nextInt(9));
        case 2 -> flip(broken, random.nextInt(8), random);
        case 3 -> flip(broken, random.nextInt(header), random);
        case 4 -> digit(broken, header, random);
        default -> flip(broken, random.nextInt(Math.max(1, broken.length)), random);
      }
    }
    return broken;
  }

  private static void flip(byte[] bytes, int at, Random random) {
    if (at < bytes.length) {
      bytes[at] ^= (byte) (1 << random.nextInt(8));
    }
  }

  /// Another number somewhere in the header, which keeps it JSON.
  private static void digit(byte[] bytes, int header, Random random) {
    for (int tries = 0; tries < 50; tries++) {
      int at = random.nextInt(header);
      if (at < bytes.length && bytes[at] >= '0' && bytes[at] <= '9') {
        bytes[at] = (byte) ('0' + random.nextInt(10));
        return;
      }
    }
  }
}
