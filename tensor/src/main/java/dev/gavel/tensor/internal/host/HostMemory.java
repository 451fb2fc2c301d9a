package dev.gavel.tensor.internal.host;

import dev.gavel.tensor.spi.Backend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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
  private final Map<Long, Deque<Block>> idle = new HashMap<>();
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
    Deque<Block> ready = idle.get(size);
    Block block = ready == null ? null : ready.pollLast();
    if (block == null) {
      Arena arena = Arena.ofShared();
      arenas.add(arena);
      block = new Block(source.allocate(arena, size));
    }
    block.out = true;
    current += size;
    peak = Math.max(peak, current);
    return new HostBuffer(block.whole.asSlice(0, bytes), block);
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
