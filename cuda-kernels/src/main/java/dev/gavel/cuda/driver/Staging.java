package dev.gavel.cuda.driver;

import java.lang.foreign.MemorySegment;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// Copies between host and device by way of pinned memory: the device reads and writes it without
/// the driver's help, so that an upload need not wait for what is on the stream.
///
/// Two halves take turns. An upload is copied into the current half, and from there on the stream;
/// a half is filled anew when the device has read it.
///
/// A step has pinned memory of its own, from its beginning on: the same uploads and downloads find
/// the same places in each step, so that a graph can name them.
final class Staging implements AutoCloseable {
  /// Large enough for the rate of the bus, small enough for a cache of the CPU.
  private static final long HALF = 4L << 20;

  private static final long ALIGN = 256;

  /// Of a step.
  private static final long STEP = 4L << 20;

  private final CudaContext context;
  private final Stream stream;
  private final Address.HostResult handle = new Address.HostResult();
  private final MemorySegment memory;
  private final Event[] read;
  private final int up;
  private final int down;
  private final Address.HostResult stepHandle = new Address.HostResult();
  private MemorySegment stepMemory = MemorySegment.NULL;
  private int half;
  private long used;
  private long usedInStep;

  Staging(CudaContext context, Stream stream) {
    this.context = context;
    this.stream = stream;
    Driver.check(
        JCudaDriver.cuMemHostAlloc(handle, 2 * HALF, 0),
        "allocating " + 2 * HALF + " bytes of pinned memory");
    memory = MemorySegment.ofAddress(handle.value()).reinterpret(2 * HALF);
    read = new Event[] {new Event(context, false), new Event(context, false)};
    up = context.steps().register((w, at) -> sendUpload(w[at], w[at + 1], w[at + 2]));
    down = context.steps().register((w, at) -> sendDownload(w[at], w[at + 1], w[at + 2]));
  }

  /// The device has read the uploads of the step before.
  void beginStep() {
    if (stepMemory.byteSize() == 0) {
      Driver.check(
          JCudaDriver.cuMemHostAlloc(stepHandle, STEP, 0),
          "allocating " + STEP + " bytes of pinned memory");
      stepMemory = MemorySegment.ofAddress(stepHandle.value()).reinterpret(STEP);
    }
    usedInStep = 0;
  }

  /// Writes down a copy of a step.
  ///
  /// @return its place in pinned memory; null if it is none of a step, or the memory is full
  private @Nullable MemorySegment write(int command, long address, long bytes) {
    Steps steps = context.steps();
    if (!steps.recording() || bytes > STEP - usedInStep) {
      steps.flush();
      return null;
    }
    MemorySegment slot = stepMemory.asSlice(usedInStep, bytes);
    usedInStep = Math.min(STEP, (usedInStep + bytes + ALIGN - 1) / ALIGN * ALIGN);
    int at = steps.open(command, 3);
    long[] words = steps.words();
    words[at] = slot.address();
    words[at + 1] = address;
    words[at + 2] = bytes;
    return slot;
  }

  private void sendUpload(long slot, long address, long n) {
    LaunchObserver o = stream.observe("upload");
    int code =
        JCudaDriver.cuMemcpyHtoDAsync(
            Address.device(address), Address.pointer(slot), n, stream.handle());
    Stream.observed(o, "upload");
    if (code != 0) {
      throw Driver.failure(code, "copying " + n + " bytes to the device");
    }
  }

  private void sendDownload(long slot, long address, long n) {
    LaunchObserver o = stream.observe("download");
    int code =
        JCudaDriver.cuMemcpyDtoHAsync(
            Address.pointer(slot), Address.device(address), n, stream.handle());
    Stream.observed(o, "download");
    if (code != 0) {
      throw Driver.failure(code, "copying " + n + " bytes from the device");
    }
  }

  /// Puts a copy to the device on the stream; the source may be changed at once.
  void upload(MemorySegment source, long address) {
    if (source.byteSize() == 0) {
      return;
    }
    MemorySegment place = write(up, address, source.byteSize());
    if (place != null) {
      place.copyFrom(source);
      context.steps().written();
      return;
    }
    for (long at = 0; at < source.byteSize(); ) {
      if (used == HALF) {
        turn();
      }
      long n = Math.min(source.byteSize() - at, HALF - used);
      MemorySegment slot = memory.asSlice(half * HALF + used, n);
      slot.copyFrom(source.asSlice(at, n));
      sendUpload(slot.address(), address + at, n);
      at += n;
      used = Math.min(HALF, (used + n + ALIGN - 1) / ALIGN * ALIGN);
    }
  }

  private void turn() {
    read[half].record(stream);
    half = 1 - half;
    read[half].await();
    used = 0;
  }

  /// Copies from the device, after what is on the stream.
  void download(long address, MemorySegment target) {
    if (target.byteSize() == 0) {
      stream.synchronize();
      return;
    }
    MemorySegment place = write(down, address, target.byteSize());
    if (place != null) {
      context.steps().written();
      stream.synchronize();
      target.copyFrom(place);
      return;
    }
    // Uploads that are still on their way are done when the first piece is here.
    for (long at = 0; at < target.byteSize(); at += 2 * HALF) {
      long n = Math.min(target.byteSize() - at, 2 * HALF);
      MemorySegment slot = memory.asSlice(0, n);
      sendDownload(slot.address(), address + at, n);
      stream.synchronize();
      target.asSlice(at, n).copyFrom(slot);
    }
    used = 0;
  }

  @Override
  public void close() {
    for (Event e : read) {
      e.close();
    }
    if (stepMemory.byteSize() > 0) {
      Driver.check(JCudaDriver.cuMemFreeHost(stepHandle), "cuMemFreeHost");
    }
    Driver.check(JCudaDriver.cuMemFreeHost(handle), "cuMemFreeHost");
  }
}
