package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.Gemm.Operand;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.kernels.LogProbKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Log-probabilities under softmax(h w^T) in chunks.
///
/// Logits are f32, whatever the type of h and w; their gradient is of that type. Forward goes over
/// blocks of rows, because a log-sum-exp needs its whole row. Backward knows the log-sum-exps and
/// goes over blocks of the vocabulary, so that each block's gradient of w is one product over all
/// rows, rounded once; the gradient of h is summed over the blocks in f32 and rounded once.
///
/// ```
///   forward                  backward
///   |---- vocabulary ----|   |  |  |  |  |  |
///   |---- vocabulary ----|   |  |  |  |  |  |  rows
///   |---- vocabulary ----|   |  |  |  |  |  |
/// ```
final class LogProbs {
  /// Logits of a chunk of the forward pass: 256 MiB.
  private static final long FORWARD = 1 << 26;

  /// Columns of a chunk of the backward pass; of 4,096 rows 256 MiB.
  private static final int BACKWARD = 1 << 14;

  private final DeviceMemory memory;
  private final Elements elements;
  private final Products products;
  private final LogProbKernel kernel;

  LogProbs(CudaContext context, DeviceMemory memory, Elements elements, Products products) {
    this.memory = memory;
    this.elements = elements;
    this.products = products;
    kernel = new LogProbKernel(context);
  }

  void ofLogits(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    int columns = (int) logits.shape().last();
    kernel.forward(
        logits.dtype(),
        address(y),
        address(stats),
        address(logits),
        address(targets),
        (int) y.size(),
        columns);
  }

  void forward(Tensor h, Tensor w, Tensor targets, Tensor y, Tensor stats, @Nullable Tensor keep) {
    int rows = (int) h.shape().dim(0);
    int v = (int) w.shape().dim(0);
    int chunk = (int) Math.clamp(FORWARD / Math.max(1, v), 1, Math.max(1, rows));
    DeviceBuffer room = keep == null ? memory.allocate(4L * chunk * v) : null;
    for (int at = 0; at < rows; at += chunk) {
      int count = Math.min(chunk, rows - at);
      long z =
          room != null
              ? room.address()
              : address(java.util.Objects.requireNonNull(keep)) + 4L * at * v;
      logits(h, at, count, w, 0, v, z);
      kernel.forward(
          DType.F32,
          address(y) + 4L * at,
          address(stats) + 12L * at,
          z,
          address(targets) + 4L * at,
          count,
          v);
    }
    if (room != null) {
      memory.free(room);
    }
  }

  /// The logits of some rows and some columns.
  private void logits(Tensor h, int row, int rows, Tensor w, int column, int columns, long z) {
    int c = (int) h.shape().dim(1);
    products.run(
        rows,
        columns,
        c,
        Products.plain(address(h) + (long) row * c * h.dtype().bytes(), h.dtype(), c),
        new Operand(address(w) + (long) column * c * w.dtype().bytes(), w.dtype(), true, c),
        Products.plain(z, DType.F32, columns),
        false);
  }

  void backward(
      Tensor h,
      Tensor w,
      Tensor targets,
      Tensor stats,
      @Nullable Tensor kept,
      Tensor gy,
      @Nullable Tensor gh,
      boolean addH,
      @Nullable Tensor gw,
      boolean addW) {
    int rows = (int) h.shape().dim(0);
    int v = (int) w.shape().dim(0);
    DType type = h.dtype();
    int chunk = kept == null ? Math.min(BACKWARD, v) : v;
    DeviceBuffer room = kept == null ? memory.allocate(4L * rows * chunk) : null;
    long z = room != null ? room.address() : address(java.util.Objects.requireNonNull(kept));
    DeviceBuffer rounded = type == DType.F32 ? null : memory.allocate(2L * rows * chunk);
    long gz = rounded == null ? z : rounded.address();
    boolean sums = gh != null && chunk < v && type != DType.F32;
    DeviceBuffer sum = sums ? memory.allocate(4L * h.size()) : null;
    for (int at = 0; at < v; at += chunk) {
      int count = Math.min(chunk, v - at);
      if (kept == null) {
        logits(h, 0, rows, w, at, count, z);
      }
      kernel.backward(type, gz, z, address(targets), at, address(stats), address(gy), rows, count);
      if (gw != null) {
        gradientOfW(h, gz, gw, at, count, addW);
      }
      if (gh != null) {
        gradientOfH(w, gz, gh, sum, at, count, at > 0 || (sum == null && addH));
      }
    }
    if (gh != null && sum != null) {
      elements.round(sum.address(), gh, addH);
    }
    free(sum, rounded, room);
  }

  private void free(@Nullable DeviceBuffer... buffers) {
    for (DeviceBuffer b : buffers) {
      if (b != null) {
        memory.free(b);
      }
    }
  }

  /// gw[at .. at + count] (+)= z^T h.
  private void gradientOfW(Tensor h, long z, Tensor gw, int at, int count, boolean add) {
    int c = (int) h.shape().dim(1);
    products.run(
        count,
        c,
        (int) h.shape().dim(0),
        new Operand(z, h.dtype(), true, count),
        Products.plain(address(h), h.dtype(), c),
        Products.plain(address(gw) + (long) at * c * gw.dtype().bytes(), gw.dtype(), c),
        add);
  }

  /// gh (+)= z w[at .. at + count], into the f32 sum if there is one.
  private void gradientOfH(
      Tensor w, long z, Tensor gh, @Nullable DeviceBuffer sum, int at, int count, boolean add) {
    int c = (int) w.shape().dim(1);
    products.run(
        (int) gh.shape().dim(0),
        c,
        count,
        Products.plain(z, w.dtype(), count),
        Products.plain(address(w) + (long) at * c * w.dtype().bytes(), w.dtype(), c),
        sum == null
            ? Products.plain(address(gh), gh.dtype(), c)
            : Products.plain(sum.address(), DType.F32, c),
        add);
  }
}
