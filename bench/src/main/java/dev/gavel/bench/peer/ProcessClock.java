package dev.gavel.bench.peer;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// Processor time of all threads of this process. (The JVM's own figure comes in ticks of 10 ms.)
final class ProcessClock {
  private static final int CLOCK_PROCESS_CPUTIME_ID = 2; // Linux
  private static final MemorySegment TIME = Arena.global().allocate(16, 8);
  private static final MethodHandle CLOCK_GETTIME = clockGetTime();

  private ProcessClock() {}

  @SuppressWarnings("restricted")
  private static MethodHandle clockGetTime() {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow("clock_gettime"),
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS));
  }

  static synchronized double seconds() {
    try {
      int code = (int) CLOCK_GETTIME.invokeExact(CLOCK_PROCESS_CPUTIME_ID, TIME);
      if (code != 0) {
        throw new IllegalStateException("clock_gettime fails; the worker needs Linux");
      }
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
    return TIME.get(ValueLayout.JAVA_LONG, 0) + 1e-9 * TIME.get(ValueLayout.JAVA_LONG, 8);
  }
}
