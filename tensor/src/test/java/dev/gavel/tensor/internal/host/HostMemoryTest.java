package dev.gavel.tensor.internal.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostMemoryTest {
  @Test
  void handsOutWhatWasGivenBackAndCounts() {
    List<Long> fresh = new ArrayList<>();
    try (HostMemory memory =
        new HostMemory((arena, bytes) -> {
          fresh.add(bytes);
          return arena.allocate(bytes, 64);
        })) {
      HostBuffer a = memory.allocate(1000);
      memory.free(a);
      HostBuffer b = memory.allocate(700); // fits into the idle block
      assertThat(fresh).hasSize(1);
      memory.allocate(100_000);
      assertThat(fresh).hasSize(2);
      memory.free(b);
      memory.allocate(10); // much smaller: a block of its own
      assertThat(fresh).hasSize(3);
      assertThat(memory.use().peak()).isGreaterThanOrEqualTo(memory.use().current());
      assertThatThrownBy(() -> memory.free(b)).hasMessageContaining("twice");
    }
  }

  @Test
  void sizeClassesWasteAtMostAnEighth() {
    for (long bytes = 1; bytes < 1 << 20; bytes += 997) {
      long size = HostMemory.sizeClass(bytes);
      assertThat(size)
          .isGreaterThanOrEqualTo(bytes)
          .isLessThanOrEqualTo(Math.max(64 + bytes, bytes + bytes / 8 + 64));
    }
  }
}
