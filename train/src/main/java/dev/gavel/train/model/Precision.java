package dev.gavel.train.model;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.SafetensorsDType;
import java.util.Locale;

/// Types of `--dtype`.
public enum Precision {
  FLOAT32(DType.F32, SafetensorsDType.F32),
  BFLOAT16(DType.BF16, SafetensorsDType.BF16),
  FLOAT64(DType.F64, SafetensorsDType.F64);

  private final DType type;
  private final SafetensorsDType stored;

  Precision(DType type, SafetensorsDType stored) {
    this.type = type;
    this.stored = stored;
  }

  /// The one of a type of arithmetic.
  public static Precision of(DType arithmetic) {
    return switch (arithmetic) {
      case F64 -> FLOAT64;
      case BF16 -> BFLOAT16;
      case F32 -> FLOAT32;
      case I32 -> throw new IllegalArgumentException("integers are no arithmetic");
    };
  }

  /// What is asked of the device.
  public DType type() {
    return type;
  }

  /// What weights are saved in.
  public SafetensorsDType stored() {
    return stored;
  }

  /// The name in options and files.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
