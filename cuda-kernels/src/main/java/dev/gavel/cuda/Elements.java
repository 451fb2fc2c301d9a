package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.cuda.kernels.AdamWKernel;
import dev.gavel.cuda.kernels.CastKernel;
import dev.gavel.cuda.kernels.ElementwiseKernel;
import dev.gavel.cuda.kernels.ElementwiseKernel.Spread;
import dev.gavel.cuda.kernels.SwiGluKernel;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.DeclinedOp;
import dev.gavel.tensor.spi.UnaryOp;
import org.jspecify.annotations.Nullable;

/// What runs element by element.
final class Elements {
  private final Stream stream;
  private final DeviceMemory memory;
  private final CastKernel cast;
  private final ElementwiseKernel elementwise;
  private final SwiGluKernel swiGlu;
  private final AdamWKernel adamW;

  Elements(CudaContext context, DeviceMemory memory) {
    this.stream = context.stream();
    this.memory = memory;
    cast = new CastKernel(context);
    elementwise = new ElementwiseKernel(context);
    swiGlu = new SwiGluKernel(context);
    adamW = new AdamWKernel(context);
  }

  void copy(Tensor x, Tensor y) {
    if (x.dtype() == y.dtype()) {
      stream.copy(address(x), address(y), x.size() * x.dtype().bytes());
    } else {
      cast(x.dtype(), address(x), y.dtype(), address(y), x.size());
    }
  }

  /// y = x in another type.
  void cast(DType from, long x, DType to, long y, long count) {
    if (from == to) {
      stream.copy(x, y, count * from.bytes());
    } else {
      cast.run(from, to, y, x, count);
    }
  }

  /// y (+)= x, f32 in and y's type out.
  void round(long x, Tensor y, boolean add) {
    if (!add) {
      cast(DType.F32, x, y.dtype(), address(y), y.size());
      return;
    }
    DeclinedOp.record("cuda", "accumulate", "f32 into " + y.dtype() + " rounds twice");
    DeviceBuffer rounded = memory.allocate(y.size() * y.dtype().bytes());
    cast(DType.F32, x, y.dtype(), rounded.address(), y.size());
    elementwise.axpby(y.dtype(), address(y), rounded.address(), 1, 1, y.size());
    memory.free(rounded);
  }

  void fill(Tensor y, double value) {
    elementwise.fill(y.dtype(), address(y), value, y.size());
  }

  void unary(UnaryOp op, Tensor x, Tensor y) {
    elementwise.unary(x.dtype(), op, address(y), address(x), x.size());
  }

  void binary(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    int columns = a.shape().rank() == 0 ? 1 : (int) a.shape().last();
    elementwise.binary(
        a.dtype(), op, address(y), address(a), address(b), spread(a, b), columns, a.size());
  }

  private static Spread spread(Tensor a, Tensor b) {
    if (a.shape().equals(b.shape())) {
      return Spread.SAME;
    }
    if (b.size() == 1) {
      return Spread.ONE;
    }
    return b.shape().last() == a.shape().last() ? Spread.ROW : Spread.COLUMN;
  }

  /// A different type of x is rounded to y's first.
  void axpby(double alpha, Tensor x, double beta, Tensor y) {
    if (x.dtype() == y.dtype()) {
      elementwise.axpby(y.dtype(), address(y), address(x), alpha, beta, y.size());
      return;
    }
    DeclinedOp.record("cuda", "axpby", x.dtype() + " into " + y.dtype() + " rounds twice");
    DeviceBuffer rounded = memory.allocate(y.size() * y.dtype().bytes());
    cast(x.dtype(), address(x), y.dtype(), rounded.address(), y.size());
    elementwise.axpby(y.dtype(), address(y), rounded.address(), alpha, beta, y.size());
    memory.free(rounded);
  }

  void affine(double alpha, Tensor x, double shift, Tensor y) {
    elementwise.affine(y.dtype(), address(y), address(x), alpha, shift, y.size());
  }

  void swiGlu(Tensor gate, Tensor up, Tensor y) {
    swiGlu.forward(y.dtype(), address(y), address(gate), address(up), y.size());
  }

  void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    swiGlu.backward(
        gy.dtype(),
        address(gGate),
        address(gUp),
        address(gate),
        address(up),
        address(gy),
        gy.size());
  }

  void adamW(Tensor p, Tensor g, Tensor m, Tensor v, @Nullable Tensor rounded, AdamWStep step) {
    long n = p.size();
    if (rounded == null) {
      adamW.f32(g.dtype(), address(p), address(m), address(v), address(g), step, 0, n);
    } else {
      long w = address(rounded);
      adamW.master(g.dtype(), w, address(p), address(m), address(v), address(g), step, 0, n);
    }
  }
}
