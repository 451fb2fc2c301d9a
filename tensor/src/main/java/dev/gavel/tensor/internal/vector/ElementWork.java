package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.internal.host.HostBuffer;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.DropoutMask;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;

/// Element-wise operations in parts.
final class ElementWork {
  private final WorkerPool pool;

  ElementWork(WorkerPool pool) {
    this.pool = pool;
  }

  /// @return false for a pair of types that has no kernel
  boolean copy(Tensor x, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    DType from = x.dtype();
    DType to = y.dtype();
    if (from == to) {
      out.copyFrom(in);
    } else if (from == DType.F32 && to == DType.BF16) {
      Parts.elements(pool, x.size(), (a, b) -> CastKernels.f32ToBf16(in, 0, out, 0, a, b));
    } else if (from == DType.BF16 && to == DType.F32) {
      Parts.elements(pool, x.size(), (a, b) -> CastKernels.bf16ToF32(in, 0, out, 0, a, b));
    } else if (from == DType.F32 && to == DType.F64) {
      Parts.elements(pool, x.size(), (a, b) -> CastKernels.f32ToF64(in, 0, out, 0, a, b));
    } else if (from == DType.F64 && to == DType.F32) {
      Parts.elements(pool, x.size(), (a, b) -> CastKernels.f64ToF32(in, 0, out, 0, a, b));
    } else {
      return false;
    }
    return true;
  }

  void fill(Tensor y, float value) {
    MemorySegment out = HostBuffer.of(y);
    Parts.elements(pool, y.size(), (a, b) -> ElementKernels.fill(out, 0, value, a, b));
  }

  void unary(UnaryOp op, Tensor x, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    Parts.elements(pool, x.size(), (a, b) -> UnaryKernels.apply(op, in, 0, out, 0, a, b));
  }

  void binary(BinaryOp op, Tensor x, Tensor z, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment other = HostBuffer.of(z);
    MemorySegment out = HostBuffer.of(y);
    int c = (int) x.shape().last();
    long rows = x.shape().rows();
    if (x.shape().equals(z.shape())) {
      Parts.elements(
          pool, x.size(), (a, b) -> BinaryKernels.same(op, in, 0, other, 0, out, 0, a, b));
    } else if (z.size() == 1) {
      float value = other.get(Lanes.F32, 0);
      Parts.elements(
          pool, x.size(), (a, b) -> BinaryKernels.number(op, in, 0, value, out, 0, a, b));
    } else if (z.shape().last() == 1) {
      Parts.rows(
          pool, rows, c, (a, b) -> BinaryKernels.column(op, in, 0, other, 0, out, 0, a, b, c));
    } else {
      Parts.rows(pool, rows, c, (a, b) -> BinaryKernels.row(op, in, 0, other, 0, out, 0, a, b, c));
    }
  }

  void axpby(float alpha, Tensor x, float beta, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    Parts.elements(
        pool, x.size(), (a, b) -> ElementKernels.axpby(alpha, in, 0, beta, out, 0, a, b));
  }

  void affine(float alpha, Tensor x, float shift, Tensor y) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    Parts.elements(
        pool, x.size(), (a, b) -> ElementKernels.affine(alpha, in, 0, shift, out, 0, a, b));
  }

  void dropout(Tensor x, DropoutMask mask, Tensor y, boolean accumulate) {
    MemorySegment in = HostBuffer.of(x);
    MemorySegment out = HostBuffer.of(y);
    float scale = (float) mask.scale();
    Parts.elements(
        pool,
        x.size(),
        (a, b) -> {
          float[] kept = new float[(int) (b - a)];
          Rng.mask(mask.seed(), mask.stream(), a, mask.p(), kept, kept.length);
          for (int i = 0; i < kept.length; i++) {
            float v = scale * (in.get(Lanes.F32, 4 * (a + i)) * kept[i]);
            out.set(Lanes.F32, 4 * (a + i), accumulate ? out.get(Lanes.F32, 4 * (a + i)) + v : v);
          }
        });
  }

  double sumOfSquares(Tensor x) {
    MemorySegment in = HostBuffer.of(x);
    long n = x.size();
    int blocks = (int) ((n + OptimizerKernels.SQUARES_BLOCK - 1) / OptimizerKernels.SQUARES_BLOCK);
    double[] sums = new double[blocks];
    Parts.run(
        pool,
        blocks,
        4,
        (a, b) -> {
          for (long i = a; i < b; i++) {
            sums[(int) i] = OptimizerKernels.sumOfSquares(in, 0, n, i);
          }
        });
    double total = 0;
    for (double s : sums) {
      total += s;
    }
    return total;
  }

  void swiGlu(Tensor gate, Tensor up, Tensor y) {
    MemorySegment g = HostBuffer.of(gate);
    MemorySegment u = HostBuffer.of(up);
    MemorySegment out = HostBuffer.of(y);
    Parts.elements(pool, y.size(), (a, b) -> ElementKernels.swiGlu(g, 0, u, 0, out, 0, a, b));
  }

  void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    MemorySegment g = HostBuffer.of(gate);
    MemorySegment u = HostBuffer.of(up);
    MemorySegment grad = HostBuffer.of(gy);
    MemorySegment gg = HostBuffer.of(gGate);
    MemorySegment gu = HostBuffer.of(gUp);
    Parts.elements(
        pool,
        gy.size(),
        (a, b) -> ElementKernels.swiGluBackward(g, 0, u, 0, grad, 0, gg, 0, gu, 0, a, b));
  }

  void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep s) {
    MemorySegment weight = HostBuffer.of(p);
    MemorySegment grad = HostBuffer.of(g);
    MemorySegment mean = HostBuffer.of(m);
    MemorySegment square = HostBuffer.of(v);
    Parts.elements(
        pool,
        p.size(),
        (a, b) -> OptimizerKernels.adamW(s, weight, 0, grad, 0, mean, 0, square, 0, a, b));
  }
}
