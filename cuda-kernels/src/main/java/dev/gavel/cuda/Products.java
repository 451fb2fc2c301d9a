package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.Gemm.Operand;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;

/// Matrix products of tensors and of weights at rest.
final class Products implements AutoCloseable {
  private final Gemm gemm;

  Products(CudaContext context) {
    gemm = new Gemm(context);
  }

  void matmul(Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean accumulate) {
    int m = (int) y.shape().dim(0);
    int n = (int) y.shape().dim(1);
    int k = (int) a.shape().dim(transA ? 0 : 1);
    run(
        m,
        n,
        k,
        new Operand(address(a), a.dtype(), transA, transA ? m : k),
        new Operand(address(b), b.dtype(), transB, transB ? k : n),
        new Operand(address(y), y.dtype(), false, n),
        accumulate);
  }

  /// C [m, n] (+)= op(A) op(B).
  void run(int m, int n, int k, Operand a, Operand b, Operand c, boolean accumulate) {
    gemm.run(m, n, k, a, b, c, accumulate);
  }

  /// y [M, N] = x [M, C] w^T.
  void linear(Tensor x, CudaMatrix w, Tensor y) {
    int m = (int) x.shape().dim(0);
    int n = (int) w.rows();
    int k = (int) w.columns();
    run(
        m,
        n,
        k,
        plain(address(x), x.dtype(), k),
        new Operand(w.address(0), w.held(), true, k),
        plain(address(y), y.dtype(), n),
        false);
  }

  static Operand plain(long address, DType type, int columns) {
    return new Operand(address, type, false, columns);
  }

  @Override
  public void close() {
    gemm.close();
  }
}
