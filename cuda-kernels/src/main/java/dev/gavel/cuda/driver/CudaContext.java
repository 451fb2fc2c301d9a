package dev.gavel.cuda.driver;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.function.IntSupplier;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// One device, its primary context, a stream, and the kernels.
///
/// Not for several threads at once, but a thread may take over from another: the driver keeps a
/// current context for each thread, which [#bind] sets when the thread changes.
public final class CudaContext implements AutoCloseable {
  private final CUdevice device = new CUdevice();
  private final CUcontext context = new CUcontext();
  private final String name;
  private final int capability;
  private final int multiprocessors;
  private final int sharedMemory;
  private final long totalMemory;
  private final Steps steps;
  private final Modules modules;
  private final Stream stream;
  private final Staging staging;
  private @Nullable Thread bound;
  private @Nullable LaunchObserver observer;

  private CudaContext(int ordinal) {
    JCudaDriver.setExceptionsEnabled(false); // codes are checked, and named, here
    Driver.check(JCudaDriver.cuInit(0), "cuInit");
    Driver.check(JCudaDriver.cuDeviceGet(device, ordinal), "cuda:" + ordinal);
    Driver.check(JCudaDriver.cuDevicePrimaryCtxRetain(context, device), "cuDevicePrimaryCtxRetain");
    bind();
    name = deviceName(device);
    capability =
        10 * attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)
            + attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
    multiprocessors = attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    sharedMemory =
        attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    long[] bytes = new long[1];
    Driver.check(JCudaDriver.cuDeviceTotalMem(bytes, device), "cuDeviceTotalMem");
    totalMemory = bytes[0];
    boolean graphs = graphsAreWanted();
    steps = new Steps(this, graphs);
    modules = new Modules(this);
    stream = new Stream(this);
    staging = new Staging(this, stream);
  }

  /// Opens a device; [Natives#load] must have succeeded.
  ///
  /// @param ordinal which one, from 0
  public static CudaContext open(int ordinal) {
    if (Natives.load() instanceof Natives.Missing(String reason, String remedy)) {
      throw new IllegalStateException(reason + "; " + remedy);
    }
    return new CudaContext(ordinal);
  }

  /// Makes this context the current one of the calling thread.
  void bind() {
    Thread here = Thread.currentThread();
    if (here != bound) {
      Driver.check(JCudaDriver.cuCtxSetCurrent(context), "cuCtxSetCurrent");
      bound = here;
    }
  }

  private int attribute(int which) {
    return CudaDevices.attribute(device, which);
  }

  static String deviceName(CUdevice device) {
    byte[] text = new byte[128];
    Driver.check(JCudaDriver.cuDeviceGetName(text, text.length, device), "cuDeviceGetName");
    return new String(text, StandardCharsets.UTF_8).replace('\0', ' ').strip();
  }

  /// As `NVIDIA H200`.
  public String name() {
    return name;
  }

  /// Compute capability: 90 for Hopper.
  public int capability() {
    return capability;
  }

  public int multiprocessors() {
    return multiprocessors;
  }

  /// Bytes of shared memory that a block may have.
  public int sharedMemory() {
    return sharedMemory;
  }

  /// Bytes of device memory.
  public long totalMemory() {
    return totalMemory;
  }

  /// Bytes of device memory that nobody uses.
  public long freeMemory() {
    bind();
    long[] free = new long[1];
    long[] total = new long[1];
    Driver.check(JCudaDriver.cuMemGetInfo(free, total), "cuMemGetInfo");
    return free[0];
  }

  /// The kernels.
  public Modules modules() {
    return modules;
  }

  /// The stream on which everything runs in order.
  public Stream stream() {
    return stream;
  }

  /// Whether steps are to go as CUDA graphs: unless `-Dgavel.cuda.graphs=false`, or
  /// `-Dgavel.cuda.sync=true` wants each launch by itself.
  public static boolean graphsAreWanted() {
    return !Kernel.SYNC && !"false".equals(System.getProperty("gavel.cuda.graphs"));
  }

  /// Begins what repeats: from here to [#endStep] nothing need be on the device before somebody
  /// waits, and stretches of commands that were sent before go as CUDA graphs.
  ///
  /// @return false where steps are nothing special; then there is nothing to end
  public boolean beginStep() {
    if (!steps.begin()) {
      return false;
    }
    staging.beginStep();
    return true;
  }

  /// Sends what is left of a step.
  public void endStep() {
    steps.end();
  }

  /// How stretches of steps went to the device so far.
  public StepCounts stepCounts() {
    return steps.counts();
  }

  /// What the driver said when it did not want a graph, after which there are none; null while all
  /// is well.
  public @Nullable String whyNoGraphs() {
    return steps.whyBroken();
  }

  Steps steps() {
    return steps;
  }

  /// Who sees the launches from now on; null for nobody.
  public void observe(@Nullable LaunchObserver who) {
    observer = who;
  }

  @Nullable LaunchObserver observer() {
    return observer;
  }

  /// Waits until the device has come to a place.
  void await(IntSupplier call) {
    LaunchObserver o = observer;
    if (o != null) {
      o.waiting();
    }
    Driver.check(call.getAsInt(), "waiting for the device");
    if (o != null) {
      o.waited();
    }
  }

  // ---------------------------------------------------------------- memory

  /// Device memory with unspecified content, aligned to 256 bytes, for what follows on the stream.
  ///
  /// @throws CudaFailure when there is not enough
  public long allocate(long bytes) {
    bind();
    Address.Result address = new Address.Result();
    int code = JCudaDriver.cuMemAllocAsync(address, Math.max(1, bytes), stream.handle());
    if (code != 0) {
      throw Driver.failure(
          code, "allocating " + bytes + " bytes on " + name + ", " + freeMemory() + " are free");
    }
    return address.value();
  }

  /// Frees what [#allocate] gave, after what is on the stream.
  public void free(long address) {
    steps.flush(); // may use it
    bind();
    Driver.check(
        JCudaDriver.cuMemFreeAsync(Address.device(address), stream.handle()), "cuMemFreeAsync");
  }

  /// Puts a copy of host memory on the stream; the source may be changed at once.
  public void upload(MemorySegment source, long address) {
    bind();
    staging.upload(source, address);
  }

  /// Copies device memory to host memory, after everything before it on the stream.
  public void download(long address, MemorySegment target) {
    bind();
    staging.download(address, target);
  }

  @Override
  public void close() {
    bind();
    stream.synchronize();
    steps.close();
    staging.close();
    stream.close();
    modules.close();
    Driver.check(JCudaDriver.cuDevicePrimaryCtxRelease(device), "cuDevicePrimaryCtxRelease");
  }
}
