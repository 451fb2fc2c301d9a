package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.kernels.GatherKernel;
import dev.gavel.cuda.kernels.ReduceKernel;
import dev.gavel.cuda.kernels.RmsNormKernel;
import dev.gavel.cuda.kernels.RopeKernel;
import dev.gavel.cuda.kernels.SoftmaxKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// What runs row by row, and sums.
final class Rows {
  private final CudaContext context;
  private final DeviceMemory memory;
  private final ReduceKernel reduce;
  private final GatherKernel gather;
  private final RmsNormKernel rmsNorm;
  private final RopeKernel rope;
  private final SoftmaxKernel softmax;

  Rows(CudaContext context, DeviceMemory memory) {
    this.context = context;
    this.memory = memory;
    reduce = new ReduceKernel(context);
    gather = new GatherKernel(context);
    rmsNorm = new RmsNormKernel(context);
    rope = new RopeKernel(context);
    softmax = new SoftmaxKernel(context);
  }

  private static int rows(Tensor x) {
    return (int) x.shape().rows();
  }

  private static int columns(Tensor x) {
    return x.shape().rank() == 0 ? 1 : (int) x.shape().last();
  }

  void sum(Tensor x, Axis axis, Tensor y) {
    int r = rows(x);
    int c = columns(x);
    DeviceBuffer scratch = memory.allocate(ReduceKernel.scratchBytes(axis, x.dtype(), r, c));
    reduce.sum(axis, x.dtype(), address(y), address(x), r, c, scratch.address());
    memory.free(scratch);
  }

  void max(Tensor x, Tensor y, Tensor index) {
    reduce.max(x.dtype(), address(y), address(index), address(x), rows(x), columns(x));
  }

  /// Partial sums of all tensors end to end, then one sum, then one number to the host.
  double sumOfSquares(List<Tensor> all) {
    int parts = 0;
    for (Tensor x : all) {
      parts += ReduceKernel.parts(x.dtype(), x.size());
    }
    DeviceBuffer scratch = memory.allocate(8L * parts + 8);
    long total = scratch.address() + 8L * parts;
    long at = scratch.address();
    for (Tensor x : all) {
      reduce.squares(x.dtype(), at, address(x), x.size());
      at += 8L * ReduceKernel.parts(x.dtype(), x.size());
    }
    reduce.total(total, scratch.address(), parts);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(ValueLayout.JAVA_DOUBLE);
      context.download(total, host);
      memory.free(scratch);
      return host.get(ValueLayout.JAVA_DOUBLE, 0);
    }
  }

  void gather(Tensor table, Tensor ids, Tensor y) {
    gather(table.dtype(), address(table), ids, y, table.shape().stride());
  }

  void gather(CudaMatrix w, Tensor ids, Tensor y) {
    gather(w.held(), w.address(0), ids, y, w.columns());
  }

  private void gather(DType type, long table, Tensor ids, Tensor y, long stride) {
    gather.gather(type, address(y), table, address(ids), (int) ids.size(), stride);
  }

  void scatterAdd(Tensor x, Tensor ids, Tensor table) {
    int count = (int) ids.size();
    DeviceBuffer scratch = memory.allocate(GatherKernel.scratchBytes(count));
    gather.scatterAdd(
        table.dtype(),
        address(table),
        address(x),
        address(ids),
        count,
        (int) table.shape().stride(),
        scratch.address());
    memory.free(scratch);
  }

  void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    rmsNorm.forward(
        x.dtype(), address(y), address(rstd), address(x), address(w), rows(x), columns(x), eps);
  }

  void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean addX,
      Tensor gw,
      boolean addW) {
    int r = rows(x);
    int c = columns(x);
    DeviceBuffer scratch = memory.allocate(RmsNormKernel.scratchBytes(x.dtype(), r, c));
    rmsNorm.backward(
        x.dtype(),
        address(gx),
        addX,
        address(gw),
        addW,
        address(x),
        address(w),
        address(rstd),
        address(gy),
        r,
        c,
        scratch.address());
    memory.free(scratch);
  }

  void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    rope.run(
        x.dtype(),
        address(y),
        address(x),
        address(cos),
        address(sin),
        address(positions),
        (int) x.shape().dim(0),
        (int) x.shape().dim(1),
        (int) x.shape().dim(2),
        inverse);
  }

  void softmax(Tensor x, double temperature, Tensor y) {
    softmax.run(x.dtype(), address(y), address(x), rows(x), columns(x), temperature);
  }
}
