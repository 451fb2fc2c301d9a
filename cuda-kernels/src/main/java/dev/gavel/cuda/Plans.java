package dev.gavel.cuda;

import dev.gavel.cuda.driver.CudaContext;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The plan of the last batch, and its lists on the device.
final class Plans<P> implements AutoCloseable {
  private final CudaContext context;
  private final DeviceMemory memory;
  private final Function<P, int[]> words;
  private @Nullable Object batch;
  private @Nullable Object type;
  private @Nullable Object shape;
  private @Nullable Placed<P> placed;
  private @Nullable DeviceBuffer buffer;

  /// @param words where its lists begin
  record Placed<P>(P work, long words) {}

  Plans(CudaContext context, DeviceMemory memory, Function<P, int[]> words) {
    this.context = context;
    this.memory = memory;
    this.words = words;
  }

  /// The plan of a batch, made unless it is the one of the last call.
  Placed<P> of(Object forBatch, Object forType, Object forShape, Supplier<P> maker) {
    if (placed == null || batch != forBatch || type != forType || !forShape.equals(shape)) {
      P work = maker.get();
      placed = new Placed<>(work, place(words.apply(work)));
      batch = forBatch;
      type = forType;
      shape = forShape;
    }
    return placed;
  }

  private long place(int[] list) {
    close(); // what reads the last one comes first on the stream
    buffer = memory.allocate(4L * list.length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(4L * Math.max(1, list.length), 16);
      MemorySegment.copy(list, 0, host, ValueLayout.JAVA_INT, 0, list.length);
      context.upload(host.asSlice(0, 4L * list.length), buffer.address());
    }
    return buffer.address();
  }

  /// Lets go of the plan.
  void forget() {
    placed = null;
    close();
  }

  @Override
  public void close() {
    if (buffer != null) {
      memory.free(buffer);
      buffer = null;
    }
  }
}
