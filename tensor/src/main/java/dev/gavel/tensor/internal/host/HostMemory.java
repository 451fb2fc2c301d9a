package dev.gavel.tensor.internal.host;

import dev.gavel.tensor.spi.Backend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Off-heap memory in blocks that are kept and handed out again: a step of training asks for the
/// same sizes as the one before, and fresh pages cost more than the arithmetic on them.
public final class HostMemory implements AutoCloseable {
  private static final long ALIGNMENT = 64;

  /// Takes fresh memory from the system.
  public interface Source {
    MemorySegment allocate(Arena arena, long bytes);
  }

  /// A piece of memory and its true size.
  public static final class Block {
    private final MemorySegment whole;
    private boolean out;

    private Block(MemorySegment whole) {
      this.whole = whole;
    }
  }

  private final Source source;
  private final List<Arena> arenas = new ArrayList<>();
  private final TreeMap<Long, Deque<Block>> idle = new TreeMap<>();
  private long current;
  private long peak;
  private boolean closed;

  public HostMemory(Source source) {
    this.source = source;
  }

  /// Plain arenas.
  public static HostMemory plain() {
    return new HostMemory((arena, bytes) -> arena.allocate(bytes, ALIGNMENT));
  }

  public synchronized HostBuffer allocate(long bytes) {
    if (closed) {
      throw new IllegalStateException("the device is closed");
    }
    long size = sizeClass(bytes);
    Block block = reuse(size);
    if (block == null) {
      Arena arena = Arena.ofShared();
      arenas.add(arena);
      block = new Block(source.allocate(arena, size));
    }
    block.out = true;
    current += block.whole.byteSize();
    peak = Math.max(peak, current);
    return new HostBuffer(block.whole.asSlice(0, bytes), block);
  }

  /// The smallest idle block that is large enough, if not much more than half of it would lie bare:
  /// batches of ever-changing lengths then share their memory instead of each keeping its own.
  private @Nullable Block reuse(long size) {
    Map.Entry<Long, Deque<Block>> fit = idle.ceilingEntry(size);
    if (fit == null || fit.getKey() > 2 * size) {
      return null;
    }
    Block block = fit.getValue().removeLast();
    if (fit.getValue().isEmpty()) {
      idle.remove(fit.getKey());
    }
    return block;
  }

  public synchronized void free(HostBuffer buffer) {
    Block block = buffer.block();
    if (!block.out) {
      throw new IllegalStateException("memory was freed twice");
    }
    block.out = false;
    if (closed) {
      return;
    }
    current -= block.whole.byteSize();
    idle.computeIfAbsent(block.whole.byteSize(), s -> new ArrayDeque<>()).addLast(block);
  }

  public synchronized Backend.MemoryUse use() {
    return new Backend.MemoryUse(current, peak);
  }

  /// Eight classes to an octave: at most an eighth is lost, and sizes that differ little share
  /// blocks.
  static long sizeClass(long bytes) {
    long b = Math.max(bytes, ALIGNMENT);
    long step = Math.max(ALIGNMENT, Long.highestOneBit(b - 1) >> 3);
    return (b + step - 1) / step * step;
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      idle.clear();
      arenas.forEach(Arena::close);
      arenas.clear();
    }
  }
}
