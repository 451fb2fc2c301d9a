package dev.gavel.bench.gpu;

import dev.gavel.bench.gpu.DeviceClock.Time;
import dev.gavel.cuda.driver.Address;
import dev.gavel.cuda.driver.CublasHandle;
import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Locale;
import jcuda.jcublas.cublasComputeType;
import jcuda.jcublas.cublasOperation;

/// What the device itself can do: the figures that kernels are measured by.
final class DeviceLimits {
  private static final long GIB = 1L << 30;

  private final CudaContext context;
  private final DeviceClock clock;
  private final PrintStream out;

  DeviceLimits(CudaContext context, PrintStream out) {
    this.context = context;
    this.clock = new DeviceClock(context);
    this.out = out;
  }

  void print() {
    long a = noise(GIB);
    long b = context.allocate(GIB);
    Time copy = clock.time(5, 20, () -> context.stream().copy(a, b, GIB));
    say("device copy, read and write: %.0f GB/s", 2 * GIB / copy.deviceMicros() / 1e3);
    Time fill = clock.time(5, 20, () -> context.stream().fill(b, (byte) 1, GIB));
    say("device fill: %.0f GB/s", GIB / fill.deviceMicros() / 1e3);
    launches(b);
    bus(b);
    try (CublasHandle cublas = new CublasHandle(context)) {
      say("cuBLAS %d", cublas.version());
      products(cublas, a, b);
    }
    context.free(a);
    context.free(b);
  }

  /// An almost empty kernel, alone and in a row.
  private void launches(long b) {
    Kernel k = context.modules().kernel("rmsnorm", "column_sums");
    Runnable launch =
        () -> k.grid(1).block(32, 8).arg(b).arg(b).arg(1).arg(8).launch(context.stream());
    Time t = clock.time(5, 2000, launch);
    say("launch of a small kernel: %.2f us a call, %.2f us on the device", t.callMicros(), t.deviceMicros());
    long start = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      launch.run();
      context.stream().synchronize();
    }
    say("launch and wait: %.1f us", (System.nanoTime() - start) / 200e3);
  }

  private void bus(long b) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(256 << 20, 64);
      long start = System.nanoTime();
      context.upload(host, b);
      context.stream().synchronize();
      say("upload through pinned memory: %.1f GB/s", host.byteSize() / (double) (System.nanoTime() - start));
      start = System.nanoTime();
      context.download(b, host);
      say("download through pinned memory: %.1f GB/s", host.byteSize() / (double) (System.nanoTime() - start));
      MemorySegment small = host.asSlice(0, 256);
      Time t = clock.time(5, 1000, () -> context.upload(small, b));
      say("upload of 256 bytes: %.2f us a call, %.2f us on the device", t.callMicros(), t.deviceMicros());
      start = System.nanoTime();
      for (int i = 0; i < 200; i++) {
        context.download(b, small);
      }
      say("download of 256 bytes: %.1f us", (System.nanoTime() - start) / 200e3);
    }
  }

  private void products(CublasHandle cublas, long a, long b) {
    int bf16 = CublasHandle.BF16;
    for (int n : new int[] {4096, 8192}) {
      rate(cublas, a, b, n, n, n, bf16, bf16);
    }
    rate(cublas, a, b, 4096, 4096, 4096, CublasHandle.F32, CublasHandle.F32);
    rate(cublas, a, b, 4096, 8192, 2048, bf16, bf16);
    for (int rows : new int[] {1, 2, 4, 8, 32, 128}) {
      rate(cublas, a, b, rows, 2048, 2048, bf16, bf16);
      rate(cublas, a, b, rows, 3072, 2048, bf16, bf16);
      rate(cublas, a, b, rows, 8192, 2048, bf16, bf16);
      rate(cublas, a, b, rows, 2048, 8192, bf16, bf16);
      rate(cublas, a, b, rows, 128256, 2048, bf16, CublasHandle.F32);
    }
  }

  /// y [rows, n] = x [rows, k] w [n, k]^T, over as many copies of w as a cache cannot hold.
  private void rate(
      CublasHandle cublas, long a, long b, int rows, int n, int k, int type, int result) {
    long matrix = (long) n * k * (type == CublasHandle.BF16 ? 2 : 4);
    int copies = (int) Math.max(1, Math.min(64, GIB / matrix));
    int[] turn = {0};
    Time t =
        clock.time(
            3,
            Math.min(200, 4 * copies + 10),
            () ->
                cublas.gemm(
                    cublasOperation.CUBLAS_OP_T,
                    cublasOperation.CUBLAS_OP_N,
                    n,
                    rows,
                    k,
                    Address.pointer(a + turn[0]++ % copies * matrix),
                    type,
                    k,
                    Address.pointer(a),
                    type,
                    k,
                    false,
                    Address.pointer(b),
                    result,
                    n,
                    cublasComputeType.CUBLAS_COMPUTE_32F));
    say(
        "product %d x %d x %d, %s: %.2f us a call, %.1f us on the device, %.0f TFLOP/s, %.0f GB/s of weights",
        rows,
        n,
        k,
        type == CublasHandle.BF16 ? "bf16" : "f32",
        t.callMicros(),
        t.deviceMicros(),
        2.0 * rows * n * k / t.deviceMicros() / 1e6,
        matrix / t.deviceMicros() / 1e3);
  }

  /// Numbers near 1 in either type: power, and so speed, depend on what is computed.
  private long noise(long bytes) {
    long address = context.allocate(bytes);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment piece = arena.allocate(64 << 20, 64);
      java.util.SplittableRandom random = new java.util.SplittableRandom(1);
      for (long i = 0; i < piece.byteSize() / 4; i++) {
        int bits = random.nextInt();
        piece.setAtIndex(ValueLayout.JAVA_INT, i, bits & 0x807f807f | 0x3f003f00);
      }
      for (long at = 0; at < bytes; at += piece.byteSize()) {
        context.upload(piece, address + at);
      }
    }
    return address;
  }

  private void say(String format, Object... figures) {
    out.println(String.format(Locale.ROOT, format, figures));
  }
}
