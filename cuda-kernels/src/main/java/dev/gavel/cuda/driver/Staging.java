package dev.gavel.cuda.driver;

import java.lang.foreign.MemorySegment;
import jcuda.driver.JCudaDriver;

/// Copies between host and device by way of pinned memory: the device reads and writes it without
/// the driver's help, so that an upload need not wait for what is on the stream.
///
/// Two halves take turns. An upload is copied into the current half, and from there on the stream;
/// a half is filled anew when the device has read it.
final class Staging implements AutoCloseable {
  /// Large enough for the rate of the bus, small enough for a cache of the CPU.
  private static final long HALF = 4L << 20;

  private static final long ALIGN = 256;

  private final CudaContext context;
  private final Stream stream;
  private final Address.HostResult handle = new Address.HostResult();
  private final MemorySegment memory;
  private final Event[] read;
  private int half;
  private long used;

  Staging(CudaContext context, Stream stream) {
    this.context = context;
    this.stream = stream;
    Driver.check(
        JCudaDriver.cuMemHostAlloc(handle, 2 * HALF, 0),
        "allocating " + 2 * HALF + " bytes of pinned memory");
    memory = MemorySegment.ofAddress(handle.value()).reinterpret(2 * HALF);
    read = new Event[] {new Event(context, false), new Event(context, false)};
  }

  /// Puts a copy to the device on the stream; the source may be changed at once.
  void upload(MemorySegment source, long address) {
    for (long at = 0; at < source.byteSize(); ) {
      if (used == HALF) {
        turn();
      }
      long n = Math.min(source.byteSize() - at, HALF - used);
      MemorySegment slot = memory.asSlice(half * HALF + used, n);
      slot.copyFrom(source.asSlice(at, n));
      LaunchObserver o = stream.observe("upload");
      int code =
          JCudaDriver.cuMemcpyHtoDAsync(
              Address.device(address + at), Address.host(slot), n, stream.handle());
      Stream.observed(o, "upload");
      Driver.check(code, "copying " + n + " bytes to the device");
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
    // Uploads that are still on their way are done when the first piece is here.
    for (long at = 0; at < target.byteSize(); at += 2 * HALF) {
      long n = Math.min(target.byteSize() - at, 2 * HALF);
      MemorySegment slot = memory.asSlice(0, n);
      LaunchObserver o = stream.observe("download");
      int code =
          JCudaDriver.cuMemcpyDtoHAsync(
              Address.host(slot), Address.device(address + at), n, stream.handle());
      Stream.observed(o, "download");
      Driver.check(code, "copying " + n + " bytes from the device");
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
    Driver.check(JCudaDriver.cuMemFreeHost(handle), "cuMemFreeHost");
  }
}
