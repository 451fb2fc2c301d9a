package dev.gavel.tensor.internal.host;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// What the system may be told about pages: `madvise` of the C library (Linux).
public enum PageAdvice {
  /// Of a mapped file: this process does not need them now; the next access brings them back. (Of
  /// other memory: it is zeroed.)
  NOT_NEEDED(4),

  /// They may be huge pages, if nobody has touched them.
  HUGE(14);

  private static final @Nullable MethodHandle MADVISE = find();

  private final int advice;

  PageAdvice(int advice) {
    this.advice = advice;
  }

  @SuppressWarnings("restricted")
  private static @Nullable MethodHandle find() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return null;
    }
    try {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().find("madvise").orElseThrow(),
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
    } catch (RuntimeException | LinkageError refused) {
      return null; // native access denied, or another C library
    }
  }

  public static boolean available() {
    return MADVISE != null;
  }

  /// Advice only: nothing happens where it is unknown or refused.
  ///
  /// @param address of a page
  public void give(long address, long bytes) {
    MethodHandle madvise = MADVISE;
    if (madvise == null || bytes <= 0) {
      return;
    }
    try {
      int given = (int) madvise.invokeExact(MemorySegment.ofAddress(address), bytes, advice);
      assert given == 0 || given == -1;
    } catch (Throwable t) {
      throw new AssertionError(t); // native functions throw nothing
    }
  }
}
