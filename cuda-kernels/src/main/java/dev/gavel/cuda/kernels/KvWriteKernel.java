package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import org.jspecify.annotations.Nullable;

/// Stores keys and values of new tokens in their pages: `kv_write.cu`.
public final class KvWriteKernel {
  private final Stream stream;
  private final Modules modules;
  private final @Nullable Kernel[] known = new Kernel[16 + 1];

  public KvWriteKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
  }

  /// The keys read and written, and the values.
  public static double bytes(DType type, AttentionShape shape, int tokens) {
    return 4.0 * tokens * shape.kvHeads() * shape.headSize() * type.bytes();
  }

  /// @param k address of k [T, KV, D], aligned to 16 bytes, as is v's
  /// @param slots address of [T]: 64 * page + place of each token
  public void run(
      DType type, AttentionShape shape, KvLayer layer, long k, long v, long slots, int tokens) {
    int row = shape.headSize() * type.bytes();
    int unit = row % 16 == 0 ? 16 : row % 4 == 0 ? 4 : 2;
    int each = row / unit;
    int elements = unit / type.bytes();
    kernel(unit)
        .grid(Grid.blocks((long) tokens * shape.kvHeads() * each, 256))
        .block(256)
        .arg(layer.address())
        .arg(k)
        .arg(v)
        .arg(slots)
        .arg(layer.pageStride() / elements)
        .arg(layer.valueOffset() / elements)
        .arg(tokens)
        .arg(shape.kvHeads())
        .arg(each)
        .launch(stream);
  }

  private Kernel kernel(int unit) {
    Kernel k = known[unit];
    if (k == null) {
      k = modules.kernel("kv_write", "kv_write_" + unit);
      known[unit] = k;
    }
    return k;
  }
}
