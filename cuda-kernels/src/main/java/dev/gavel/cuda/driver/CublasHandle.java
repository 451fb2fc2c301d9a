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

  /// Of a product that is written down.
  private static final int WORDS = 10;

  private final CudaContext context;
  private final int command;
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
    command = context.steps().register(this::send);
  }

  /// C = op(A) op(B), or C += op(A) op(B), with columns first.
  public void gemm(
      int opA,
      int opB,
      int m,
      int n,
      int k,
      long a,
      int typeA,
      int lda,
      long b,
      int typeB,
      int ldb,
      boolean accumulate,
      long c,
      int typeC,
      int ldc,
      int computeType) {
    Steps steps = context.steps();
    if (!steps.recording()) {
      send(opA, opB, m, n, k, a, typeA, lda, b, typeB, ldb, accumulate, c, typeC, ldc, computeType);
      return;
    }
    int at = steps.open(command, WORDS);
    long[] w = steps.words();
    w[at] = pair(opA, opB);
    w[at + 1] = pair(m, n);
    w[at + 2] = pair(k, computeType);
    w[at + 3] = a;
    w[at + 4] = pair(typeA, lda);
    w[at + 5] = b;
    w[at + 6] = pair(typeB, ldb);
    w[at + 7] = c;
    w[at + 8] = pair(typeC, ldc);
    w[at + 9] = accumulate ? 1 : 0;
    steps.written();
  }

  private static long pair(int low, int high) {
    return Integer.toUnsignedLong(low) | (long) high << 32;
  }

  private static int low(long pair) {
    return (int) pair;
  }

  private static int high(long pair) {
    return (int) (pair >> 32);
  }

  private void send(long[] w, int at) {
    send(
        low(w[at]),
        high(w[at]),
        low(w[at + 1]),
        high(w[at + 1]),
        low(w[at + 2]),
        w[at + 3],
        low(w[at + 4]),
        high(w[at + 4]),
        w[at + 5],
        low(w[at + 6]),
        high(w[at + 6]),
        w[at + 9] != 0,
        w[at + 7],
        low(w[at + 8]),
        high(w[at + 8]),
        high(w[at + 2]));
  }

  private void send(
      int opA,
      int opB,
      int m,
      int n,
      int k,
      long a,
      int typeA,
      int lda,
      long b,
      int typeB,
      int ldb,
      boolean accumulate,
      long c,
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
            Address.pointer(a),
            typeA,
            lda,
            Address.pointer(b),
            typeB,
            ldb,
            accumulate ? one : zero,
            Address.pointer(c),
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
