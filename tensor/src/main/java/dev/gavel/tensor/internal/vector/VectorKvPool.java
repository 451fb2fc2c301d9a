package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.spi.KvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Pages as [AttentionTile] reads them, one after the other: [page][layer][KV head], each the keys
/// float[D][64] and the values float[64][D]. Memory is touched page by page, as pages come into
/// use.
final class VectorKvPool implements KvPool {
  final int layers;
  final int kvHeads;
  final int d;
  final MemorySegment data;
  private final int pages;
  private final Arena arena = Arena.ofShared();

  VectorKvPool(int layers, int kvHeads, int d, int pages) {
    this.layers = layers;
    this.kvHeads = kvHeads;
    this.d = d;
    this.pages = pages;
    data = NativeMemory.allocate(arena, pages * pageBytes());
  }

  private long pageBytes() {
    return (long) layers * kvHeads * headBytes();
  }

  /// Keys and values of one head in a page.
  long headBytes() {
    return 8L * PAGE * d;
  }

  /// Byte of a head's keys; its values follow at half of [#headBytes].
  long at(int page, int layer, int kv) {
    return page * pageBytes() + ((long) layer * kvHeads + kv) * headBytes();
  }

  @Override
  public int pages() {
    return pages;
  }

  @Override
  public long bytes() {
    return data.byteSize();
  }

  @Override
  public void copyPage(int from, int to) {
    MemorySegment.copy(data, from * pageBytes(), data, to * pageBytes(), pageBytes());
  }

  @Override
  public void close() {
    arena.close();
  }
}
