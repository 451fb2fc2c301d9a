package dev.gavel.tensor;

import dev.gavel.tensor.io.Halves;

/// Element types of tensors.
///
/// Files may hold more types than these (`io.SafetensorsDType`); on loading, f16 is widened to f32.
public enum DType {
  /// IEEE double: reference arithmetic and gradient checks.
  F64(8),
  /// IEEE single: arithmetic of the CPU, master weights.
  F32(4),
  /// The upper half of a single: weights at rest, activations on CUDA.
  BF16(2),
  /// Token ids and offsets.
  I32(4);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /// Bytes of one element.
  public int bytes() {
    return bytes;
  }

  public boolean isFloat() {
    return this != I32;
  }

  /// The nearest number that this float type holds, ties to even (bf16 by way of f32).
  public double round(double value) {
    return switch (this) {
      case F64 -> value;
      case F32 -> (float) value;
      case BF16 -> Halves.bf16ToF32(Halves.f32ToBf16((float) value));
      case I32 -> throw new IllegalArgumentException("i32 holds no fractions");
    };
  }
}
