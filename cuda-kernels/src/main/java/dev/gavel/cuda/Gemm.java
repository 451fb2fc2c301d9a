package dev.gavel.cuda;

import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F;
import static jcuda.jcublas.cublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_N;
import static jcuda.jcublas.cublasOperation.CUBLAS_OP_T;

import dev.gavel.cuda.driver.CublasHandle;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.DType;

/// Matrix products through cuBLAS, over bf16 or f32, with sums in f32. f32 is real f32 unless
/// `-Dgavel.cuda.tf32=true` allows 10 bits of mantissa.
///
/// cuBLAS counts columns first: the row-major C = A B is its C^T = B^T A^T, with the operands
/// exchanged and leading dimensions as they are.
final class Gemm implements AutoCloseable {
  private static final int F32_COMPUTE =
      Boolean.getBoolean("gavel.cuda.tf32") ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;

  private final CublasHandle cublas;

  Gemm(CudaContext context) {
    cublas = new CublasHandle(context);
  }

  /// One operand: where it stands, its type, and whether it is read transposed.
  ///
  /// @param ld elements from one row to the next, as it is stored
  record Operand(long address, DType type, boolean transposed, int ld) {}

  /// C [m, n] (+)= op(A) [m, k] op(B) [k, n].
  ///
  /// @param c f32 for any A and B; else of their type. What is added is rounded once
  void run(int m, int n, int k, Operand a, Operand b, Operand c, boolean accumulate) {
    if (a.type != b.type || (c.type != a.type && c.type != DType.F32)) {
      throw new IllegalArgumentException(
          "product of %s and %s to %s: cuBLAS wants equal types, and that or F32 for the result"
              .formatted(a.type, b.type, c.type));
    }
    if (m == 0 || n == 0) {
      return;
    }
    cublas.gemm(
        b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
        a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
        n,
        m,
        k,
        b.address,
        type(b.type),
        Math.max(1, b.ld),
        a.address,
        type(a.type),
        Math.max(1, a.ld),
        accumulate,
        c.address,
        type(c.type),
        c.ld,
        a.type == DType.F32 ? F32_COMPUTE : CUBLAS_COMPUTE_32F);
  }

  private static int type(DType type) {
    return switch (type) {
      case F32 -> CublasHandle.F32;
      case BF16 -> CublasHandle.BF16;
      case F64, I32 ->
          throw new IllegalArgumentException("products on CUDA are of F32 or BF16, not " + type);
    };
  }

  @Override
  public void close() {
    cublas.close();
  }
}
