package dev.gavel.tensor.io;

import dev.gavel.tensor.internal.host.PageAdvice;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

/// A tensor as it lies in its file, mapped for as long as somebody holds it.
///
/// The file may be closed, replaced or deleted; writing into it in place would change the values.
public final class MappedTensor {
  private static final long PAGE = 4 << 10;

  private final MemorySegment bytes;

  private MappedTensor(MemorySegment bytes) {
    this.bytes = bytes;
  }

  @SuppressWarnings("restricted")
  static MappedTensor map(FileChannel channel, long from, long count) throws IOException {
    Arena held = Arena.ofAuto();
    MemorySegment map = channel.map(FileChannel.MapMode.READ_ONLY, from, count, held);
    // Of the class of any native memory: kernels that meet two classes of segments are compiled
    // worse.
    return new MappedTensor(MemorySegment.ofAddress(map.address()).reinterpret(count, held, null));
  }

  /// The stored elements, native memory; nothing aligns them.
  public MemorySegment bytes() {
    return bytes;
  }

  /// Takes its pages out of this process's memory. Whoever reads on gets them back, as they were.
  public void release() {
    long start = (bytes.address() + PAGE - 1) & -PAGE;
    long end = (bytes.address() + bytes.byteSize()) & -PAGE;
    PageAdvice.NOT_NEEDED.give(start, end - start);
  }
}
