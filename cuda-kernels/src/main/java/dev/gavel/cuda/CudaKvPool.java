package dev.gavel.cuda;

import dev.gavel.cuda.kernels.KvLayer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.KvPool;

/// Keys and values of many sequences. A page lies in one piece, so that it can be copied as one; in
/// it, layer by layer, [KV, 64, D] keys and as many values.
///
/// ```
/// page | layer 0: keys [KV, 64, D] | values [KV, 64, D] | layer 1: ... |
/// ```
record CudaKvPool(
    CudaBackend backend,
    DeviceBuffer buffer,
    DType type,
    int layers,
    int kvHeads,
    int headDim,
    int pages)
    implements KvPool {
  CudaKvPool(
      CudaBackend backend,
      DeviceMemory memory,
      DType type,
      int layers,
      int kvHeads,
      int headDim,
      int pages) {
    this(
        backend,
        memory.allocate(pages * 2L * layers * kvHeads * PAGE * headDim * type.bytes()),
        type,
        layers,
        kvHeads,
        headDim,
        pages);
  }

  /// Elements from one page to the next.
  private long pageStride() {
    return layers * layerStride();
  }

  private long layerStride() {
    return 2 * valueOffset();
  }

  /// Elements from a key to its value.
  private long valueOffset() {
    return (long) kvHeads * PAGE * headDim;
  }

  /// A layer's part of the pages.
  KvLayer layer(int layer) {
    return new KvLayer(
        buffer.address() + layer * layerStride() * type.bytes(), pageStride(), valueOffset());
  }

  @Override
  public long bytes() {
    return buffer.bytes();
  }

  @Override
  public void copyPage(int from, int to) {
    long bytes = pageStride() * type.bytes();
    backend.copyBytes(buffer.address() + from * bytes, buffer.address() + to * bytes, bytes);
  }

  @Override
  public void close() {
    backend.free(buffer);
  }
}
