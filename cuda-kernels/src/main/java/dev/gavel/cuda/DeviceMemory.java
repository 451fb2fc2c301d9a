package dev.gavel.cuda;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaFailure;
import dev.gavel.tensor.spi.Backend.MemoryUse;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/// Hands out device memory and keeps what comes back for the next one who asks. Everything runs on
/// one stream, so a piece may be used again while kernels that read its old content are still
/// waiting there: they come first.
///
/// Sizes are rounded up to one of eight steps for each power of two, at most an eighth too much, so
/// that steps with batches of different sizes find the pieces of the steps before. When the device
/// has no more, what is kept is given back to it.
final class DeviceMemory implements AutoCloseable {
  private static final long LEAST = 512;

  private final CudaContext context;
  private final boolean keeps;
  private final Map<Long, ArrayDeque<DeviceBuffer>> kept = new HashMap<>();
  private long current;
  private long peak;

  /// @param keeps false gives every piece its own size and back at once: what a checker wants that
  ///   looks for reads outside of a tensor, or of what was never written
  DeviceMemory(CudaContext context, boolean keeps) {
    this.context = context;
    this.keeps = keeps;
  }

  DeviceBuffer allocate(long bytes) {
    long size = keeps ? rounded(bytes) : Math.max(1, bytes);
    ArrayDeque<DeviceBuffer> free = kept.get(size);
    DeviceBuffer buffer = free == null ? null : free.poll();
    if (buffer == null) {
      buffer = new DeviceBuffer(fromDevice(size), size);
    }
    current += size;
    peak = Math.max(peak, current);
    return buffer;
  }

  /// Rounds up to 8, 9 ... 15 eighths of a power of two.
  static long rounded(long bytes) {
    if (bytes <= LEAST) {
      return LEAST;
    }
    long step = Long.highestOneBit(bytes - 1) >> 3;
    return (bytes + step - 1) / step * step;
  }

  private long fromDevice(long size) {
    try {
      return context.allocate(size);
    } catch (CudaFailure e) {
      if (!e.isOutOfMemory()) {
        throw e;
      }
      release();
      return context.allocate(size);
    }
  }

  void free(DeviceBuffer buffer) {
    current -= buffer.bytes();
    if (keeps) {
      kept.computeIfAbsent(buffer.bytes(), _ -> new ArrayDeque<>()).push(buffer);
    } else {
      context.free(buffer.address());
    }
  }

  /// Gives back to the device what is kept.
  void release() {
    for (ArrayDeque<DeviceBuffer> free : kept.values()) {
      free.forEach(b -> context.free(b.address()));
      free.clear();
    }
    context.stream().synchronize();
  }

  /// Bytes kept for later.
  long keptBytes() {
    return kept.values().stream().flatMap(ArrayDeque::stream).mapToLong(DeviceBuffer::bytes).sum();
  }

  MemoryUse use() {
    return new MemoryUse(current, peak);
  }

  @Override
  public void close() {
    release();
  }
}
