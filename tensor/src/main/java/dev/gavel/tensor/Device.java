package dev.gavel.tensor;

import dev.gavel.tensor.spi.Backend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// An opened backend; makes tensors. Not safe for several threads at once.
public final class Device implements AutoCloseable {
  private final Backend backend;
  private final DType arithmetic;

  Device(Backend backend, DType arithmetic) {
    this.backend = backend;
    this.arithmetic = arithmetic;
  }

  /// The device of a backend that was opened by hand: tests and benches.
  public static Device over(Backend backend, DType arithmetic) {
    return new Device(backend, arithmetic);
  }

  public Backend backend() {
    return backend;
  }

  /// The backend's name.
  public String name() {
    return backend.name();
  }

  /// The type of weights, activations and their gradients: f32; bf16 where the device computes in
  /// it; f64 on the reference backend.
  public DType arithmetic() {
    return arithmetic;
  }

  /// The type of what is summed up from them, see [DType#statistics].
  public DType statistics() {
    return arithmetic.statistics();
  }

  /// A tensor with unspecified content.
  public Tensor empty(DType type, Shape shape) {
    Storage storage =
        new Storage(this, backend.allocate(Math.multiplyExact(shape.size(), type.bytes())));
    return Tensor.own(storage, type, shape);
  }

  public Tensor zeros(DType type, Shape shape) {
    return full(type, shape, 0);
  }

  public Tensor full(DType type, Shape shape, double value) {
    Tensor t = empty(type, shape);
    backend.fill(t, value);
    return t;
  }

  /// A tensor of this device's arithmetic type.
  public Tensor of(double[] values, Shape shape) {
    return of(arithmetic, values, shape);
  }

  /// A float tensor of any type; values are rounded to it.
  public Tensor of(DType type, double[] values, Shape shape) {
    checkCount(values.length, shape);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(8, 8L * values.length), 64);
      MemorySegment.copy(values, 0, host, ValueLayout.JAVA_DOUBLE, 0, values.length);
      Tensor wide = empty(DType.F64, shape);
      backend.upload(host.asSlice(0, 8L * values.length), wide);
      if (type == DType.F64) {
        return wide;
      }
      Tensor t = empty(type, shape);
      backend.copy(wide, t);
      wide.close();
      return t;
    }
  }

  public Tensor of(float[] values, Shape shape) {
    checkCount(values.length, shape);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(4, 4L * values.length), 64);
      MemorySegment.copy(values, 0, host, ValueLayout.JAVA_FLOAT, 0, values.length);
      Tensor t = empty(DType.F32, shape);
      backend.upload(host.asSlice(0, 4L * values.length), t);
      return t;
    }
  }

  /// A one-dimensional i32 tensor.
  public Tensor ofInts(int... values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(Math.max(4, 4L * values.length), 64);
      MemorySegment.copy(values, 0, host, ValueLayout.JAVA_INT, 0, values.length);
      Tensor t = empty(DType.I32, Shape.of(values.length));
      backend.upload(host.asSlice(0, 4L * values.length), t);
      return t;
    }
  }

  private static void checkCount(int count, Shape shape) {
    if (count != shape.size()) {
      throw new IllegalArgumentException(count + " values do not fill the shape " + shape);
    }
  }

  @Override
  public void close() {
    backend.close();
  }
}
