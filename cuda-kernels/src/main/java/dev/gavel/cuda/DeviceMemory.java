package dev.gavel.cuda;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaFailure;
import dev.gavel.tensor.spi.Backend.MemoryUse;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Hands out device memory and keeps what comes back for the next one who asks. Everything runs on
/// one stream, so a piece may be used again while kernels that read its old content are still
/// waiting there: they come first.
///
/// Sizes are rounded up to one of eight steps for each power of two, at most an eighth too much, so
/// that steps with batches of different sizes find the pieces of the steps before. When the device
/// has no more, what is kept is given back to it.
///
/// Steps ([#steps]) have pieces of their own: of a size, the first free one in the order in which
/// they were made. So the same requests get the same addresses in each step, whatever happened
/// between.
final class DeviceMemory implements AutoCloseable {
  private static final long LEAST = 512;

  private final CudaContext context;
  private final boolean keeps;
  private final Map<Long, ArrayDeque<DeviceBuffer>> kept = new HashMap<>();
  private final Map<Long, StepPieces> ofSteps = new HashMap<>();
  private boolean inStep;
  private long current;
  private long peak;

  /// @param keeps false gives every piece its own size and back at once: what a checker wants that
  ///   looks for reads outside of a tensor, or of what was never written
  DeviceMemory(CudaContext context, boolean keeps) {
    this.context = context;
    this.keeps = keeps;
  }

  /// Pieces of one size that belong to steps; null where one was given back to the device.
  private static final class StepPieces {
    final List<@Nullable DeviceBuffer> all = new ArrayList<>();
    final BitSet used = new BitSet();
  }

  /// From now on, pieces are those of steps, or no longer.
  void steps(boolean begin) {
    inStep = begin && keeps;
  }

  DeviceBuffer allocate(long bytes) {
    long size = keeps ? rounded(bytes) : Math.max(1, bytes);
    if (inStep) {
      return count(ofStep(size));
    }
    ArrayDeque<DeviceBuffer> free = kept.get(size);
    DeviceBuffer buffer = free == null ? null : free.poll();
    if (buffer == null) {
      buffer = new DeviceBuffer(fromDevice(size), size, -1);
    }
    return count(buffer);
  }

  private DeviceBuffer count(DeviceBuffer buffer) {
    current += buffer.bytes();
    peak = Math.max(peak, current);
    return buffer;
  }

  private DeviceBuffer ofStep(long size) {
    StepPieces pieces = ofSteps.computeIfAbsent(size, _ -> new StepPieces());
    int place = pieces.used.nextClearBit(0);
    DeviceBuffer buffer = place < pieces.all.size() ? pieces.all.get(place) : null;
    if (buffer == null) {
      buffer = new DeviceBuffer(fromDevice(size), size, place);
      if (place < pieces.all.size()) {
        pieces.all.set(place, buffer);
      } else {
        pieces.all.add(buffer);
      }
    }
    pieces.used.set(place);
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
    StepPieces pieces = buffer.place() < 0 ? null : ofSteps.get(buffer.bytes());
    if (pieces != null) {
      pieces.used.clear(buffer.place());
    } else if (keeps) {
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
    ofSteps.values().forEach(this::release);
    context.stream().synchronize();
  }

  private void release(StepPieces pieces) {
    for (int i = 0; i < pieces.all.size(); i++) {
      DeviceBuffer buffer = pieces.all.get(i);
      if (buffer != null && !pieces.used.get(i)) {
        context.free(buffer.address());
        pieces.all.set(i, null);
      }
    }
  }

  /// Bytes kept for later.
  long keptBytes() {
    long bytes =
        kept.values().stream().flatMap(ArrayDeque::stream).mapToLong(DeviceBuffer::bytes).sum();
    for (StepPieces pieces : ofSteps.values()) {
      for (int i = 0; i < pieces.all.size(); i++) {
        DeviceBuffer buffer = pieces.all.get(i);
        bytes += buffer == null || pieces.used.get(i) ? 0 : buffer.bytes();
      }
    }
    return bytes;
  }

  MemoryUse use() {
    return new MemoryUse(current, peak);
  }

  @Override
  public void close() {
    release();
  }
}
