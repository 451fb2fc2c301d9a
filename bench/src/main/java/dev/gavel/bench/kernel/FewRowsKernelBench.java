package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.FewRowsKernel;
import dev.gavel.cuda.kernels.FewRowsKernel.After;
import dev.gavel.cuda.kernels.FewRowsKernel.Matrix;
import dev.gavel.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import org.openjdk.jmh.annotations.Param;

/// The products of a decoding step of Llama 3.2 1B, for 1 and 32 sequences: of one layer, and the
/// logits. A work has weights of several layers, one after the other, so that the cache holds none.
public class FewRowsKernelBench extends KernelBench {
  /// Bytes of weights that no cache holds.
  private static final long UNCACHED = 400 << 20;

  @Param({
    "q k v, 1 row",
    "o + residual, 1 row",
    "gate up, 1 row",
    "down + residual, 1 row",
    "logits, 1 row",
    "q k v, 32 rows",
    "o + residual, 32 rows",
    "gate up, 32 rows",
    "down + residual, 32 rows",
    "logits, 32 rows"
  })
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    int m = name.endsWith("32 rows") ? 32 : 1;
    int c = data.size(2_048, 64);
    int f = data.size(8_192, 128);
    return switch (name.split(",", 2)[0]) {
      case "q k v" -> products(data, m, c, After.ROUND, c, c / 4, c / 4);
      case "o + residual" -> products(data, m, c, After.ADD, c);
      case "gate up" -> products(data, m, c, After.GATE, f, f);
      case "down + residual" -> products(data, m, f, After.ADD, c);
      default -> products(data, m, c, After.WIDEN, data.size(128_256, 300));
    };
  }

  private static KernelWork products(DeviceData data, int m, int k, After after, int... rows) {
    FewRowsKernel kernel = new FewRowsKernel(data.context());
    if (!kernel.takes(m, k)) {
      throw new IllegalArgumentException("few_rows does not run on " + data.context().name());
    }
    long x = data.noise(DType.BF16, (long) m * k);
    long residual = data.noise(DType.BF16, (long) m * rows[0]);
    List<List<Matrix>> layers = new ArrayList<>();
    double bytes = 0;
    do {
      List<Matrix> layer = new ArrayList<>();
      for (int n : rows) {
        layer.add(new Matrix(data.noise(DType.BF16, (long) n * k), data.room(4L * m * n), n));
      }
      layers.add(layer);
      bytes += FewRowsKernel.bytes(k, layer);
    } while (bytes < data.size((int) UNCACHED, 1));
    return KernelWork.moving(
        bytes, () -> layers.forEach(layer -> kernel.run(x, m, k, layer, after, residual)));
  }
}
