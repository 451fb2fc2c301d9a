package dev.gavel.bench.kernel;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.IntUnaryOperator;

/// Device memory of a bench; freed together.
public final class DeviceData implements AutoCloseable {
  /// Numbers that differ; more repeat them.
  private static final int DISTINCT = 1 << 20;

  private final CudaContext context;
  private final boolean emulated;
  private final List<Long> allocated = new ArrayList<>();

  public DeviceData(CudaContext context) {
    this.context = context;
    this.emulated = context.name().startsWith("SIMT");
  }

  CudaContext context() {
    return context;
  }

  /// A size that fills a device, or the one for the emulator, which shows only that a bench runs.
  int size(int full, int onTheEmulator) {
    return emulated ? onTheEmulator : full;
  }

  /// Memory with unspecified content.
  long room(long bytes) {
    long address = context.allocate(bytes);
    allocated.add(address);
    return address;
  }

  long zeros(long bytes) {
    long address = room(bytes);
    context.stream().fill(address, (byte) 0, bytes);
    return address;
  }

  /// `count` numbers of both signs, mostly below 1: power, and with it the clock, depends on the
  /// data.
  long noise(DType type, long count) {
    long address = room(count * type.bytes());
    SplittableRandom random = new SplittableRandom(count);
    try (Arena arena = Arena.ofConfined()) {
      long distinct = Math.min(count, DISTINCT);
      MemorySegment numbers = arena.allocate(Math.max(16, distinct * type.bytes()), 16);
      for (long i = 0; i < distinct; i++) {
        put(type, numbers, i, 2 * (float) random.nextDouble() - 1);
      }
      for (long at = 0; at < count; at += distinct) {
        long bytes = Math.min(distinct, count - at) * type.bytes();
        context.upload(numbers.asSlice(0, bytes), address + at * type.bytes());
      }
    }
    return address;
  }

  private static void put(DType type, MemorySegment to, long i, float x) {
    switch (type) {
      case F32 -> to.setAtIndex(ValueLayout.JAVA_FLOAT, i, x);
      case BF16 ->
          to.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (Float.floatToRawIntBits(x) >>> 16));
      default -> throw new IllegalArgumentException("noise of " + type);
    }
  }

  long ints(int... values) {
    long address = room(4L * values.length);
    try (Arena arena = Arena.ofConfined()) {
      context.upload(arena.allocateFrom(ValueLayout.JAVA_INT, values), address);
    }
    return address;
  }

  /// i32 f(0), f(1), ...
  long ints(int count, IntUnaryOperator f) {
    int[] values = new int[count];
    for (int i = 0; i < count; i++) {
      values[i] = f.applyAsInt(i);
    }
    return ints(values);
  }

  @Override
  public void close() {
    allocated.forEach(context::free);
    allocated.clear();
  }
}
