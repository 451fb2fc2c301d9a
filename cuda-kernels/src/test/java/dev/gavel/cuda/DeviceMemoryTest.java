package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.driver.CudaFailure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class DeviceMemoryTest extends EmulatorTest {
  @Test
  void sizesAreRoundedByAtMostAnEighth() {
    for (long bytes = 513; bytes < 1L << 40; bytes += 1 + bytes / 7) {
      long size = DeviceMemory.rounded(bytes);
      assertThat(size).isGreaterThanOrEqualTo(bytes).isLessThanOrEqualTo(bytes + bytes / 8 + 1);
      assertThat(DeviceMemory.rounded(size)).isEqualTo(size);
    }
    assertThat(DeviceMemory.rounded(0)).isEqualTo(512);
  }

  @Test
  void whatComesBackIsUsedAgainAndThePeakIsKept() {
    try (DeviceMemory memory = new DeviceMemory(context, true)) {
      DeviceBuffer a = memory.allocate(1000);
      DeviceBuffer b = memory.allocate(1000);
      assertThat(memory.use().current()).isEqualTo(2048);
      memory.free(a);
      assertThat(memory.keptBytes()).isEqualTo(1024);
      assertThat(memory.allocate(1020).address()).isEqualTo(a.address());
      memory.free(b);
      assertThat(memory.use().current()).isEqualTo(1024);
      assertThat(memory.use().peak()).isEqualTo(2048);
      memory.release();
      assertThat(memory.keptBytes()).isZero();
    }
  }

  @Test
  void runningOutNamesTheSizeAndWhatIsFree() {
    try (DeviceMemory memory = new DeviceMemory(context, true)) {
      assertThatThrownBy(() -> memory.allocate(1L << 50))
          .isInstanceOf(CudaFailure.class)
          .hasMessageContaining("allocating 1125899906842624 bytes on")
          .hasMessageContaining("are free");
    }
  }

  @Test
  void uploadsLargerThanTheStagingMemoryArriveWhole() {
    int n = 5 << 20; // 20 MiB of ints, through two halves of 4 MiB
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment source = arena.allocate(4L * n, 8);
      for (int i = 0; i < n; i++) {
        source.setAtIndex(ValueLayout.JAVA_INT, i, i * 31);
      }
      long address = allocate(4L * n);
      context.upload(source, address);
      source.asSlice(0, 400).fill((byte) 0); // may be changed at once
      long small = uploadInts(7, 8, 9);
      int[] back = ints(address, n);
      for (int i = 0; i < n; i++) {
        if (back[i] != i * 31) {
          throw new AssertionError("element " + i + " is " + back[i] + ", expected " + i * 31);
        }
      }
      assertThat(ints(small, 3)).containsExactly(7, 8, 9);
    }
  }
}
