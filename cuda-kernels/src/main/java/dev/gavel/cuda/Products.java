package dev.gavel.cuda;

import static dev.gavel.cuda.DeviceBuffer.address;

import dev.gavel.cuda.Gemm.Operand;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.kernels.FewRowsKernel;
import dev.gavel.cuda.kernels.FewRowsKernel.After;
import dev.gavel.cuda.kernels.FewRowsKernel.Matrix;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.PackedMatrix;
import java.util.ArrayList;
import java.util.List;

/// Matrix products of tensors and of weights at rest.
///
/// With weights at rest, few rows of x go through [FewRowsKernel], more of them and other types
/// through cuBLAS. Which of both depends on x alone, so that a row has the same bits in any batch
/// of few, whether something follows in the same launch or not.
final class Products implements AutoCloseable {
  private final Gemm gemm;
  private final FewRowsKernel fewRows;

  Products(CudaContext context) {
    gemm = new Gemm(context);
    fewRows = new FewRowsKernel(context);
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

  /// ys[i] [M, N] = x [M, C] ws[i]^T.
  void linear(Tensor x, List<PackedMatrix> ws, List<Tensor> ys) {
    if (!isFew(x, ws)) {
      for (int i = 0; i < ws.size(); i++) {
        linear(x, (CudaMatrix) ws.get(i), ys.get(i));
      }
      return;
    }
    List<Matrix> matrices = new ArrayList<>();
    for (int i = 0; i < ws.size(); i++) {
      matrices.add(matrix((CudaMatrix) ws.get(i), ys.get(i)));
    }
    After after = ys.getFirst().dtype() == DType.BF16 ? After.ROUND : After.WIDEN;
    for (int at = 0; at < matrices.size(); at += FewRowsKernel.MOST_MATRICES) {
      int end = Math.min(matrices.size(), at + FewRowsKernel.MOST_MATRICES);
      few(x, matrices.subList(at, end), after, 0);
    }
  }

  /// y = residual + x w^T in one launch, if that can be.
  boolean linearAdd(Tensor x, CudaMatrix w, Tensor residual, Tensor y) {
    if (!isFew(x, List.of(w))) {
      return false;
    }
    few(x, List.of(matrix(w, y)), After.ADD, address(residual));
    return true;
  }

  /// y = silu(x gate^T) * (x up^T) in one launch, if that can be.
  boolean linearSwiGlu(Tensor x, CudaMatrix gate, CudaMatrix up, Tensor y) {
    if (!isFew(x, List.of(gate, up))) {
      return false;
    }
    few(x, List.of(matrix(gate, y), matrix(up, y)), After.GATE, 0);
    return true;
  }

  private boolean isFew(Tensor x, List<? extends PackedMatrix> ws) {
    boolean all = x.dtype() == DType.BF16 && address(x) % FewRowsKernel.ALIGNMENT == 0;
    for (PackedMatrix w : ws) {
      all &= ((CudaMatrix) w).held() == DType.BF16;
    }
    return all && fewRows.takes((int) x.shape().dim(0), (int) x.shape().dim(1));
  }

  private static Matrix matrix(CudaMatrix w, Tensor y) {
    return new Matrix(w.address(0), address(y), (int) w.rows());
  }

  private void few(Tensor x, List<Matrix> matrices, After after, long residual) {
    int m = (int) x.shape().dim(0);
    int k = (int) x.shape().dim(1);
    fewRows.run(address(x), m, k, matrices, after, residual);
  }

  private void linear(Tensor x, CudaMatrix w, Tensor y) {
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
