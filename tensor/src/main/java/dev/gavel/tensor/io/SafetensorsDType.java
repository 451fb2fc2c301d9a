package dev.gavel.tensor.io;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// Element types of the safetensors format, in the format's own order: a writer sorts by it,
/// highest first, so that wide elements come first and every tensor lies aligned.
///
/// Source: huggingface/safetensors, `safetensors/src/tensor.rs`, the order of its dtypes.
public enum SafetensorsDType {
  BOOL(8),
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  SafetensorsDType(int bits) {
    this.bits = bits;
  }

  /// Bits of one element; below 8 several elements share a byte.
  public int bits() {
    return bits;
  }

  /// Bytes of one element.
  ///
  /// @throws IllegalStateException for a type whose elements do not fill whole bytes
  public int bytes() {
    if (bits % 8 != 0) {
      throw new IllegalStateException(
          name() + " has " + bits + " bits an element, not whole bytes");
    }
    return bits / 8;
  }

  /// The four types weights are read from: F64, F32, BF16, F16.
  public boolean isWeight() {
    return this == F64 || this == F32 || this == BF16 || this == F16;
  }

  /// The type of that name as a header writes it (upper case), empty if there is none.
  public static Optional<SafetensorsDType> of(String name) {
    return Arrays.stream(values()).filter(d -> d.name().equals(name)).findFirst();
  }

  /// All names, for messages.
  static String names() {
    return Arrays.stream(values()).map(Enum::name).collect(Collectors.joining(", "));
  }
}
