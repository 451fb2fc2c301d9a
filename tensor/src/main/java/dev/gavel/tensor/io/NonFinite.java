package dev.gavel.tensor.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Finds NaN and infinities among stored weights, several values a step.
///
/// Such a value has an exponent of ones alone. Masked to the exponents, adding one in the
/// exponent's last place carries into the sign's place exactly for those, and never into a
/// neighbour.
public final class NonFinite {
  private static final ValueLayout.OfLong STORED =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int BLOCK = 1 << 12;

  private NonFinite() {}

  /// Index of the first NaN or infinity, -1 if all values are finite.
  ///
  /// @param dtype F64, F32, BF16 or F16; values of other types are always finite
  /// @param stored little-endian values, in a whole number
  public static long first(SafetensorsDType dtype, MemorySegment stored) {
    return switch (dtype) {
      case F64 -> first(stored, 8, 0x7ff0000000000000L, 1L << 52);
      case F32 -> first(stored, 4, 0x7f8000007f800000L, 0x0080000000800000L);
      case BF16 -> first(stored, 2, 0x7f807f807f807f80L, 0x0080008000800080L);
      case F16 -> first(stored, 2, 0x7c007c007c007c00L, 0x0400040004000400L);
      default -> -1;
    };
  }

  private static long first(MemorySegment stored, int width, long mask, long one) {
    // The sign places of all values of a long, for each width.
    long signs = mask + one;
    long whole = stored.byteSize() / 8 * 8;
    for (long at = 0; at < whole; at += BLOCK) {
      long end = Math.min(whole, at + BLOCK);
      long carries = 0;
      for (long i = at; i < end; i += 8) {
        carries |= (stored.get(STORED, i) & mask) + one;
      }
      if ((carries & signs) != 0) {
        return scan(stored, at, end, width, mask, one) / width;
      }
    }
    byte[] rest = stored.asSlice(whole).toArray(ValueLayout.JAVA_BYTE);
    byte[] padded = Arrays.copyOf(rest, 8);
    long found = scan(MemorySegment.ofArray(padded), 0, 8, width, mask, one);
    return found < 0 ? -1 : (whole + found) / width;
  }

  /// Byte of the first value that is not finite in `at..end`, -1 if there is none.
  private static long scan(
      MemorySegment stored, long at, long end, int width, long mask, long one) {
    for (long i = at; i < end; i += 8) {
      long carries = ((stored.get(STORED, i) & mask) + one) & (mask + one);
      if (carries != 0) {
        return i + Long.numberOfTrailingZeros(carries) / (8L * width) * width;
      }
    }
    return -1;
  }
}
