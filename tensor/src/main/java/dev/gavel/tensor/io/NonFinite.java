package dev.gavel.tensor.io;

import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/// Finds NaN and infinities among stored weights, several values a step.
///
/// Such a value has an exponent of ones alone. Masked to the exponents, adding one in the
/// exponent's last place carries into the sign's place exactly for those, and never into a
/// neighbour.
public final class NonFinite {
  private static final ValueLayout.OfLong STORED =
      JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /// Bytes: so many that the loop over blocks never runs often enough for C2 to compile it too.
  private static final int BLOCK = 1 << 15;

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
    long bytes = stored.byteSize();
    long at = 0;
    for (; at + BLOCK <= bytes; at += BLOCK) {
      if ((carries(stored, at, mask, one) & (mask + one)) != 0) {
        break;
      }
    }
    long whole = bytes / 8 * 8;
    long found = scan(stored, at, Math.min(whole, at + BLOCK), width, mask, one);
    if (found < 0 && whole < bytes) {
      found = within(rest(stored, whole), width, mask, one);
      found = found < 0 ? -1 : whole + found;
    }
    return found < 0 ? -1 : found / width;
  }

  /// What adding carries into anywhere in a block: a method of its own, so that it is compiled as
  /// such, and four sums, so that none waits for another.
  private static long carries(MemorySegment stored, long at, long mask, long one) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i < BLOCK; i += 32) {
      a |= (stored.get(STORED, at + i) & mask) + one;
      b |= (stored.get(STORED, at + i + 8) & mask) + one;
      c |= (stored.get(STORED, at + i + 16) & mask) + one;
      d |= (stored.get(STORED, at + i + 24) & mask) + one;
    }
    return a | b | c | d;
  }

  /// The last bytes, fewer than eight, followed by zeros.
  private static long rest(MemorySegment stored, long at) {
    long rest = 0;
    for (long i = stored.byteSize() - 1; i >= at; i--) {
      rest = rest << 8 | (stored.get(ValueLayout.JAVA_BYTE, i) & 0xFF);
    }
    return rest;
  }

  /// Byte of the first value that is not finite in `at..end`, -1 if there is none.
  private static long scan(
      MemorySegment stored, long at, long end, int width, long mask, long one) {
    for (long i = at; i < end; i += 8) {
      long found = within(stored.get(STORED, i), width, mask, one);
      if (found >= 0) {
        return i + found;
      }
    }
    return -1;
  }

  private static long within(long values, int width, long mask, long one) {
    long carries = ((values & mask) + one) & (mask + one);
    return carries == 0 ? -1 : Long.numberOfTrailingZeros(carries) / (8L * width) * width;
  }
}
