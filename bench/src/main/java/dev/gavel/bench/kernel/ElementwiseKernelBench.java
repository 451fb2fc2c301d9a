package dev.gavel.bench.kernel;

import dev.gavel.cuda.kernels.ElementwiseKernel;
import dev.gavel.cuda.kernels.ElementwiseKernel.Spread;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;
import org.openjdk.jmh.annotations.Param;

/// Functions of 256 M elements.
public class ElementwiseKernelBench extends KernelBench {
  @Param({"silu", "add", "add a row", "axpby", "affine", "fill"})
  public String work = "";

  @Override
  protected String work() {
    return work;
  }

  @Override
  public KernelWork make(String name, DeviceData data) {
    long n = data.size(1 << 28, 4_096);
    int columns = data.size(4_096, 64);
    ElementwiseKernel kernel = new ElementwiseKernel(data.context());
    long x = data.noise(DType.BF16, n);
    long y = data.noise(DType.BF16, n);
    DType t = DType.BF16;
    return switch (name) {
      case "silu" -> moving(2, n, () -> kernel.unary(t, UnaryOp.SILU, y, x, n));
      case "add" ->
          moving(3, n, () -> kernel.binary(t, BinaryOp.ADD, y, y, x, Spread.SAME, columns, n));
      case "add a row" ->
          moving(2, n, () -> kernel.binary(t, BinaryOp.ADD, y, x, x, Spread.ROW, columns, n));
      case "axpby" -> moving(3, n, () -> kernel.axpby(t, y, x, 0.5, 0.5, n));
      case "affine" -> moving(2, n, () -> kernel.affine(t, y, x, 0.5, 1, n));
      default -> moving(1, n, () -> kernel.fill(t, y, 1, n));
    };
  }

  private static KernelWork moving(int tensors, long n, Runnable launch) {
    return KernelWork.moving(ElementwiseKernel.bytes(DType.BF16, tensors, n), launch);
  }
}
