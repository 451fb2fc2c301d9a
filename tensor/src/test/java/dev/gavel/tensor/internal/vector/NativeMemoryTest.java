package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class NativeMemoryTest {
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 63, 4096, (2 << 20) - 1, 2 << 20, (5 << 20) + 12, 33 << 20})
  void memoryIsZeroedAlignedAndWritable(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment s = NativeMemory.allocate(arena, bytes);
      assertThat(s.byteSize()).isEqualTo(bytes);
      assertThat(s.address() % NativeMemory.ALIGNMENT).isZero();
      if (bytes >= HugePages.BYTES && HugePages.available()) {
        assertThat(s.address() % HugePages.BYTES).isZero();
      }
      for (long i = 0; i < bytes; i += 509) {
        assertThat(s.get(ValueLayout.JAVA_BYTE, i)).isZero();
      }
      s.fill((byte) 7);
      if (bytes > 0) {
        assertThat(s.get(ValueLayout.JAVA_BYTE, bytes - 1)).isEqualTo((byte) 7);
      }
    }
  }

  @Test
  void memoryEndsWithItsArena() {
    MemorySegment s;
    try (Arena arena = Arena.ofShared()) {
      s = NativeMemory.allocate(arena, 4 << 20);
    }
    assertThatIllegalStateException().isThrownBy(() -> s.get(ValueLayout.JAVA_BYTE, 0));
  }

  @Test
  void hugePagesAreCounted() {
    try (Arena arena = Arena.ofConfined()) {
      long before = NativeMemory.hugePagesKiB().orElse(0);
      NativeMemory.allocate(arena, 64 << 20).fill((byte) 1);
      long after = NativeMemory.hugePagesKiB().orElse(0);
      // Whether the kernel gives them depends on its settings and on free memory; either is fine.
      System.out.printf("huge pages: %d KiB of 65536 asked for%n", after - before);
      assertThat(after - before).isLessThanOrEqualTo(2 * 65536);
    }
  }

  @Test
  void impossibleSizesAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NativeMemory.allocate(arena, -1))
          .withMessage("cannot allocate -1 bytes");
      assertThat(
              org.assertj.core.api.Assertions.catchThrowable(
                  () -> NativeMemory.allocate(arena, 1L << 60)))
          .isInstanceOf(OutOfMemoryError.class);
    }
  }
}
