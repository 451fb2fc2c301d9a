package dev.gavel.tensor.io;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Weights between the form a file holds them in (little-endian, F64, F32, BF16 or F16) and this
/// machine's f32 and f64. To 16 bits from f64 goes by way of f32, as PyTorch does. Sizes of both
/// sides must agree; they need no alignment and must not overlap.
public final class StoredFloats {
  private static final ValueLayout.OfShort STORED_16 =
      JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat STORED_32 =
      JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble STORED_64 =
      JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private StoredFloats() {}

  /// Reads stored values as f32; f64 is rounded.
  public static void toF32(SafetensorsDType dtype, MemorySegment stored, MemorySegment f32) {
    long n = Halves.count(stored, dtype.bytes(), f32, 4);
    switch (dtype) {
      case F32 -> MemorySegment.copy(stored, STORED_32, 0, f32, JAVA_FLOAT_UNALIGNED, 0, n);
      case BF16 -> Halves.bf16ToF32(stored, f32);
      case F16 -> Halves.f16ToF32(stored, f32);
      case F64 -> {
        for (long i = 0; i < n; i++) {
          f32.set(JAVA_FLOAT_UNALIGNED, 4 * i, (float) stored.get(STORED_64, 8 * i));
        }
      }
      default -> throw notAWeight(dtype);
    }
  }

  /// Reads stored values as f64, exactly.
  public static void toF64(SafetensorsDType dtype, MemorySegment stored, MemorySegment f64) {
    long n = Halves.count(stored, dtype.bytes(), f64, 8);
    for (long i = 0; i < n; i++) {
      double value =
          switch (dtype) {
            case F64 -> stored.get(STORED_64, 8 * i);
            case F32 -> stored.get(STORED_32, 4 * i);
            case BF16 -> Halves.bf16ToF32(stored.get(STORED_16, 2 * i));
            case F16 -> Halves.f16ToF32(stored.get(STORED_16, 2 * i));
            default -> throw notAWeight(dtype);
          };
      f64.set(JAVA_DOUBLE_UNALIGNED, 8 * i, value);
    }
  }

  /// Stores f32 values.
  public static void fromF32(SafetensorsDType dtype, MemorySegment f32, MemorySegment stored) {
    long n = Halves.count(stored, dtype.bytes(), f32, 4);
    switch (dtype) {
      case F32 -> MemorySegment.copy(f32, JAVA_FLOAT_UNALIGNED, 0, stored, STORED_32, 0, n);
      case BF16 -> Halves.f32ToBf16(f32, stored);
      case F16 -> Halves.f32ToF16(f32, stored);
      case F64 -> {
        for (long i = 0; i < n; i++) {
          stored.set(STORED_64, 8 * i, f32.get(JAVA_FLOAT_UNALIGNED, 4 * i));
        }
      }
      default -> throw notAWeight(dtype);
    }
  }

  /// Stores f64 values.
  public static void fromF64(SafetensorsDType dtype, MemorySegment f64, MemorySegment stored) {
    long n = Halves.count(stored, dtype.bytes(), f64, 8);
    for (long i = 0; i < n; i++) {
      double value = f64.get(JAVA_DOUBLE_UNALIGNED, 8 * i);
      switch (dtype) {
        case F64 -> stored.set(STORED_64, 8 * i, value);
        case F32 -> stored.set(STORED_32, 4 * i, (float) value);
        case BF16 -> stored.set(STORED_16, 2 * i, Halves.f64ToBf16(value));
        case F16 -> stored.set(STORED_16, 2 * i, Halves.f32ToF16((float) value));
        default -> throw notAWeight(dtype);
      }
    }
  }

  private static IllegalArgumentException notAWeight(SafetensorsDType dtype) {
    return new IllegalArgumentException(dtype + " is no type of weights: F64, F32, BF16, F16");
  }
}
