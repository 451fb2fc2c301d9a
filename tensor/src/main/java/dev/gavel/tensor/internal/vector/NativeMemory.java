package dev.gavel.tensor.internal.vector;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/// Off-heap memory for tensors and weights.
public final class NativeMemory {
  /// Alignment of every block: a cache line, and a vector of 512 bits.
  public static final long ALIGNMENT = 64;

  private NativeMemory() {}

  /// Zeroed memory of `bytes` bytes that lives as long as `arena`, 64-byte aligned. Blocks of 2 MiB
  /// and more are 2 MiB aligned and on huge pages where the system gives them (Linux); whether it
  /// did is told by [#hugePagesKiB] once the memory has been written to.
  ///
  /// @throws OutOfMemoryError when the system refuses
  public static MemorySegment allocate(Arena arena, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("cannot allocate " + bytes + " bytes");
    }
    if (bytes >= HugePages.BYTES && HugePages.available()) {
      return HugePages.allocate(arena, bytes);
    }
    return arena.allocate(bytes, ALIGNMENT);
  }

  /// KiB of this process that really are on huge pages at this moment; empty where the system does
  /// not tell.
  public static OptionalLong hugePagesKiB() {
    return HugePages.residentKiB();
  }
}
