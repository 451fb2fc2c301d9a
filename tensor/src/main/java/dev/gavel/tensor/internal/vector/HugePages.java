package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.internal.host.PageAdvice;
import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Memory on transparent huge pages, through `mmap` and `madvise` of the C library (Linux).
///
/// `Arena.allocate` zeroes, and so touches, what it returns: advice given afterwards comes too late
/// and the memory stays on 4 KiB pages. Hence pages are mapped and advised here, before anyone has
/// touched them. For a decode step this is worth a quarter of its time: reading weights on small
/// pages is bound by the translation of addresses.
final class HugePages {
  static final long BYTES = 2L << 20;

  // <sys/mman.h> of Linux on x86-64 and AArch64
  private static final int PROT_READ_WRITE = 1 | 2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final long MAP_FAILED = -1;

  private static final int TRIAL_PAGES = 8;

  private static final Path ROLLUP = Path.of("/proc/self/smaps_rollup");

  private HugePages() {}

  /// The functions, found once.
  private record Calls(MethodHandle mmap, MethodHandle munmap) {
    static final @Nullable Calls FOUND = find();

    @SuppressWarnings("restricted")
    private static @Nullable Calls find() {
      if (!System.getProperty("os.name", "").equals("Linux")) {
        return null;
      }
      AddressLayout pointer = ValueLayout.ADDRESS;
      ValueLayout.OfInt i32 = ValueLayout.JAVA_INT;
      ValueLayout.OfLong i64 = ValueLayout.JAVA_LONG;
      try {
        return new Calls(
            call("mmap", pointer, pointer, i64, i32, i32, i32, i64),
            call("munmap", i32, pointer, i64));
      } catch (RuntimeException | LinkageError refused) {
        return null; // native access denied, or another C library: plain memory then
      }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle call(String name, MemoryLayout result, MemoryLayout... arguments) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().find(name).orElseThrow(),
          FunctionDescriptor.of(result, arguments));
    }
  }

  static boolean available() {
    return Calls.FOUND != null && PageAdvice.available();
  }

  /// Zeroed memory that begins at a multiple of 2 MiB and goes away with `arena`. Whole huge pages
  /// within are advised to be such, a rest at the end is not: no page is taken for a part of it.
  ///
  /// @throws OutOfMemoryError when the mapping is refused
  @SuppressWarnings("restricted")
  static MemorySegment allocate(Arena arena, long bytes) {
    Calls calls = Calls.FOUND;
    if (calls == null) {
      throw new IllegalStateException("huge pages need Linux and native access");
    }
    try {
      long mapped = Math.addExact(bytes, BYTES); // room to begin at a huge page
      MemorySegment map =
          (MemorySegment)
              calls.mmap.invokeExact(
                  MemorySegment.NULL, mapped, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      long start = map.address();
      if (start == MAP_FAILED) {
        throw new OutOfMemoryError("mmap of " + mapped + " bytes was refused");
      }
      long aligned = (start + BYTES - 1) & -BYTES;
      PageAdvice.HUGE.give(aligned, bytes & -BYTES);
      return MemorySegment.ofAddress(aligned)
          .reinterpret(bytes, arena, s -> unmap(calls, start, mapped));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable t) {
      throw new AssertionError(t); // native functions throw nothing
    }
  }

  private static void unmap(Calls calls, long start, long bytes) {
    try {
      int result = (int) calls.munmap.invokeExact(MemorySegment.ofAddress(start), bytes);
      assert result == 0;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /// Takes some memory and says how much of it lies on huge pages.
  static String trial() {
    if (!available()) {
      return "none: they need Linux and --enable-native-access=dev.gavel.tensor";
    }
    OptionalLong before = residentKiB();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = allocate(arena, TRIAL_PAGES * BYTES);
      for (long at = 0; at < memory.byteSize(); at += BYTES) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) 1); // a page comes with its first use
      }
      OptionalLong after = residentKiB();
      if (before.isEmpty() || after.isEmpty()) {
        return "asked for; the system does not tell whether they were given";
      }
      long got = (after.getAsLong() - before.getAsLong()) / (BYTES >> 10);
      return got >= TRIAL_PAGES
          ? "given (%d of %d pages of 2 MiB)".formatted(got, TRIAL_PAGES)
          : "%d of %d pages of 2 MiB given; decoding is up to a quarter slower without: write"
                  .formatted(got, TRIAL_PAGES)
              + " madvise to /sys/kernel/mm/transparent_hugepage/enabled, or free some memory";
    }
  }

  /// KiB of this process that really lie on huge pages; empty where the kernel does not tell.
  static OptionalLong residentKiB() {
    try {
      for (String line : Files.readAllLines(ROLLUP)) {
        if (line.startsWith("AnonHugePages:")) {
          return OptionalLong.of(Long.parseLong(line.replaceAll("[^0-9]", "")));
        }
      }
    } catch (IOException unreadable) {
      return OptionalLong.empty();
    }
    return OptionalLong.empty();
  }
}
