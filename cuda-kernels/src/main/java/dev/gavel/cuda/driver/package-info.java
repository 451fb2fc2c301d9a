/// A thin cover over JCuda: loading it, one context, streams, memory, and kernels whose arguments
/// are checked. Addresses are `long`s.
///
/// ## To add a kernel
///
/// Four files with one stem, here `rmsnorm`:
///
/// | file | holds |
/// |---|---|
/// | `src/main/cuda/rmsnorm.cu` | the kernels; contract at the top; `EXPORT_KERNEL(name)` after each |
/// | `src/main/java/dev/gavel/cuda/kernels/RmsNormKernel.java` | the launcher: shapes, grid, shared memory |
/// | `src/test/java/dev/gavel/cuda/kernels/RmsNormKernelTest.java` | every kernel, shape and type against plain loops, on the emulator |
/// | `bench/.../kernel/RmsNormKernelBench.java` | its rate |
///
/// and `src/main/resources/dev/gavel/cuda/ptx/rmsnorm.ptx`, which `tools/ptx.py` writes. A launcher
/// takes a [CudaContext] in its constructor, looks its kernels up once, and has one method for each
/// thing that it does. Its arguments are addresses and sizes, never tensors, and it allocates
/// nothing: what it needs for intermediate results it tells by a method (`scratchBytes(...)`) and
/// takes as an address. It checks its arguments, picks the version by type and shape, and launches
/// on the context's stream:
///
/// ```java
/// public final class RmsNormKernel {
///   private final Stream stream;
///   private final Kernel forward;
///
///   public RmsNormKernel(CudaContext context) {
///     stream = context.stream();
///     forward = context.modules().kernel("rmsnorm", "rmsnorm_forward_bf16");
///   }
///
///   public void forward(DType type, long y, long rstd, long x, long w, int rows, int dim, float eps) {
///     forward.grid(rows).block(256).arg(y).arg(rstd).arg(x).arg(w).arg(dim).arg(eps).launch(stream);
///   }
/// }
/// ```
///
/// Tests extend `EmulatorTest`, which loads the emulated driver and gives memory.
@NullMarked
package dev.gavel.cuda.driver;

import org.jspecify.annotations.NullMarked;
