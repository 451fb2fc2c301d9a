package dev.gavel.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.cudaDataType;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasGemmAlgo;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.jcublas.cublasPointerMode;
import jcuda.jcublas.cublasStatus;
import jcuda.runtime.cudaStream_t;

/// cuBLAS on the stream of a context. It repeats to the bit on one device and version, because it
/// has one stream and a work space of its own.
public final class CublasHandle implements AutoCloseable {
  public static final int F32 = cudaDataType.CUDA_R_32F;
  public static final int BF16 = cudaDataType.CUDA_R_16BF;

  /// What cuBLAS recommends for Hopper.
  private static final long WORKSPACE = 32L << 20;

  private final CudaContext context;
  private final cublasHandle handle = new cublasHandle();
  private final long workspace;
  private final MemorySegment factors = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, 0, 1);
  private final Pointer zero = Address.pointer(factors.address());
  private final Pointer one = Address.pointer(factors.address() + Float.BYTES);

  public CublasHandle(CudaContext context) {
    this.context = context;
    JCublas2.setExceptionsEnabled(false); // codes are checked, and named, here
    context.bind();
    check(JCublas2.cublasCreate(handle), "cublasCreate");
    workspace = context.allocate(WORKSPACE);
    check(
        JCublas2.cublasSetStream(handle, new cudaStream_t(context.stream().handle())),
        "cublasSetStream");
    check(
        JCublas2.cublasSetWorkspace(handle, Address.pointer(workspace), WORKSPACE),
        "cublasSetWorkspace");
    check(
        JCublas2.cublasSetPointerMode(handle, cublasPointerMode.CUBLAS_POINTER_MODE_HOST),
        "cublasSetPointerMode");
  }

  /// C = op(A) op(B), or C += op(A) op(B), with columns first.
  public void gemm(
      int opA,
      int opB,
      int m,
      int n,
      int k,
      Pointer a,
      int typeA,
      int lda,
      Pointer b,
      int typeB,
      int ldb,
      boolean accumulate,
      Pointer c,
      int typeC,
      int ldc,
      int computeType) {
    context.bind();
    LaunchObserver o = context.observer();
    String what = o == null ? "" : name(opA, opB, m, n, k, typeA, typeC, accumulate);
    if (o != null) {
      o.before(what);
    }
    int status =
        JCublas2.cublasGemmEx_new(
            handle,
            opA,
            opB,
            m,
            n,
            k,
            one,
            a,
            typeA,
            lda,
            b,
            typeB,
            ldb,
            accumulate ? one : zero,
            c,
            typeC,
            ldc,
            computeType,
            cublasGemmAlgo.CUBLAS_GEMM_DEFAULT);
    Stream.observed(o, what);
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      check(status, "cublasGemmEx of " + m + " x " + n + " x " + k + ", columns first");
    }
  }

  /// As `gemm TN 8192x4096x2048 bf16`: columns first, as the call itself.
  private static String name(
      int opA, int opB, int m, int n, int k, int type, int typeC, boolean accumulate) {
    return "gemm %s%s %dx%dx%d %s%s%s"
        .formatted(
            opA == cublasOperation.CUBLAS_OP_N ? "N" : "T",
            opB == cublasOperation.CUBLAS_OP_N ? "N" : "T",
            m,
            n,
            k,
            type == BF16 ? "bf16" : "f32",
            type == typeC ? "" : " to f32",
            accumulate ? " +=" : "");
  }

  /// As 130401.
  public int version() {
    int[] version = new int[1];
    check(JCublas2.cublasGetVersion(handle, version), "cublasGetVersion");
    return version[0];
  }

  private static void check(int status, String what) {
    if (status != cublasStatus.CUBLAS_STATUS_SUCCESS) {
      throw new CudaFailure(what, status, cublasStatus.stringFor(status));
    }
  }

  @Override
  public void close() {
    context.bind();
    check(JCublas2.cublasDestroy(handle), "cublasDestroy");
    context.free(workspace);
  }
}
