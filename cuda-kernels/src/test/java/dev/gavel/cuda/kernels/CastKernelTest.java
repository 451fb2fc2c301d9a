package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// [CastKernel]: every pair of types, to the bit.
class CastKernelTest extends StreamingTest {
  private static final int[] SIZES = {0, 1, 7, 16, 1031};

  private final CastKernel kernel = new CastKernel(context);

  /// Values that i32 holds too, or that it does not.
  private float[] values(int n, boolean whole) {
    float[] v = normal(DType.F32, 0, n, 1000).before;
    for (int i = 0; whole && i < n; i++) {
      v[i] = Math.round(v[i]);
    }
    if (!whole && n > 4) {
      v[1] = Float.NaN;
      v[2] = Float.NEGATIVE_INFINITY;
      v[3] = 3.4e38f; // rounds to infinity in bf16
    }
    return v;
  }

  /// As the type holds them, from element `shift` on.
  private ByteBuffer as(DType type, float[] values, int shift) {
    ByteBuffer b =
        ByteBuffer.allocate((values.length + shift) * type.bytes()).order(ByteOrder.nativeOrder());
    b.position(shift * type.bytes());
    for (float v : values) {
      switch (type) {
        case F64 -> b.putDouble(v);
        case F32 -> b.putFloat(v);
        case BF16 -> b.putShort(toBf16(v));
        case I32 -> b.putInt((int) v);
      }
    }
    return b.rewind();
  }

  private long upload(ByteBuffer b) {
    int[] words = new int[Math.ceilDiv(b.remaining(), 4) + 1];
    ByteBuffer padded = ByteBuffer.allocate(words.length * 4).order(ByteOrder.nativeOrder());
    padded.put(b).rewind().asIntBuffer().get(words);
    return uploadInts(words);
  }

  @Test
  void everyPair() {
    for (DType from : DType.values()) {
      for (DType to : DType.values()) {
        if (from != to && to != DType.I32) {
          for (int shift : SHIFTS) {
            for (int n : SIZES) {
              pair(from, to, shift, n);
            }
          }
        }
      }
    }
  }

  private void pair(DType from, DType to, int shift, int n) {
    float[] values = values(n, from == DType.I32);
    for (int i = 0; i < n && from == DType.BF16; i++) {
      values[i] = roundBf16(values[i]);
    }
    long x = upload(as(from, values, shift));
    long y = allocate((long) (n + 1) * to.bytes());
    kernel.run(from, to, y + (long) shift * to.bytes(), x + (long) shift * from.bytes(), n);
    byte[] all = n == 0 ? new byte[shift * to.bytes()] : bytes(y, (n + shift) * to.bytes());
    byte[] want = as(to, values, shift).array();
    int first = shift * to.bytes();
    assertThat(Arrays.copyOfRange(all, first, all.length))
        .as("%s to %s, %d from %d", from, to, n, shift)
        .isEqualTo(Arrays.copyOfRange(want, first, want.length));
  }

  @Test
  void saysWhatItDoesNotCast() {
    assertThatThrownBy(() -> kernel.run(DType.F32, DType.I32, 0, 0, 1))
        .hasMessage("cast: no kernel from F32 to I32");
  }
}
