package dev.gavel.tensor.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.testing.Golden;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class HalvesTest {
  @Test
  void roundsAndWidensAsPyTorchDoes() throws IOException {
    for (Path path : Golden.findIfPresent("dtypes/rounding.safetensors")) {
      try (SafetensorsFile file = SafetensorsFile.open(path)) {
        for (SafetensorsDType half :
            new SafetensorsDType[] {SafetensorsDType.BF16, SafetensorsDType.F16}) {
          String name = half == SafetensorsDType.BF16 ? "bf16" : "f16";
          same(fromF32(half, file.bytes("x_f32")), file.bytes(name));
          same(toF32(half, file.bytes(name)), file.bytes(name + "_as_f32"));
          same(fromF32(half, file.bytes(name + "_as_f32")), file.bytes(name));
        }
        same(toF32(SafetensorsDType.F64, file.bytes("y_f64")), file.bytes("y_f32"));
        same(fromF64(SafetensorsDType.BF16, file.bytes("y_f64")), file.bytes("y_bf16"));
        same(fromF64(SafetensorsDType.F32, file.bytes("y_f64")), file.bytes("y_f32"));
        same(fromF64(SafetensorsDType.F64, file.bytes("y_f64")), file.bytes("y_f64"));
        same(toF64(SafetensorsDType.F64, file.bytes("y_f64")), file.bytes("y_f64"));
        for (SafetensorsDType d :
            new SafetensorsDType[] {SafetensorsDType.BF16, SafetensorsDType.F32}) {
          MemorySegment stored = file.bytes(d == SafetensorsDType.BF16 ? "y_bf16" : "y_f32");
          same(fromF64(d, toF64(d, stored)), stored);
        }
        same(
            fromF64(SafetensorsDType.F16, toF64(SafetensorsDType.F16, file.bytes("f16"))),
            file.bytes("f16"));
      }
    }
  }

  @Test
  void everyHalfSurvivesTheWayThroughF32() {
    for (int i = 0; i < 1 << 16; i++) {
      short bits = (short) i;
      if (!Float.isNaN(Halves.bf16ToF32(bits))) {
        assertThat(Halves.f32ToBf16(Halves.bf16ToF32(bits))).isEqualTo(bits);
      }
      if (!Float.isNaN(Halves.f16ToF32(bits))) {
        assertThat(Halves.f32ToF16(Halves.f16ToF32(bits))).isEqualTo(bits);
      }
    }
  }

  @Test
  void tiesGoToEvenOverflowToInfinityAndNaNStays() {
    assertThat(Halves.f32ToBf16(Float.intBitsToFloat(0x3f808000))).isEqualTo((short) 0x3f80);
    assertThat(Halves.f32ToBf16(Float.intBitsToFloat(0x3f818000))).isEqualTo((short) 0x3f82);
    assertThat(Halves.f32ToBf16(Float.intBitsToFloat(0x3f808001))).isEqualTo((short) 0x3f81);
    assertThat(Halves.f32ToBf16(Float.MAX_VALUE)).isEqualTo((short) 0x7f80);
    assertThat(Halves.f32ToBf16(-Float.MAX_VALUE)).isEqualTo((short) 0xff80);
    for (int nan : new int[] {0x7f800001, 0x7fffffff, 0xffffffff, 0xff800001, 0x7fc00000}) {
      short half = Halves.f32ToBf16(Float.intBitsToFloat(nan));
      assertThat(Halves.bf16ToF32(half)).isNaN();
    }
    // 1 + 2^-8 + 2^-30 lies just above a tie in f64, on it in f32: by way of f32 it goes to even.
    assertThat(Halves.f64ToBf16(1 + 0x1p-8 + 0x1p-30)).isEqualTo((short) 0x3f80);
  }

  @Test
  void sidesOfUnequalCountsAreRefused() {
    MemorySegment four = MemorySegment.ofArray(new byte[4]);
    MemorySegment seven = MemorySegment.ofArray(new byte[7]);
    assertThatThrownBy(() -> Halves.bf16ToF32(four, seven)).hasMessageContaining("7 bytes");
    assertThatThrownBy(() -> Halves.f32ToBf16(four, four)).hasMessageContaining("4 bytes");
    assertThatThrownBy(() -> StoredFloats.toF32(SafetensorsDType.I32, four, four))
        .hasMessageContaining("I32");
  }

  @Test
  void findsTheFirstValueThatIsNotFinite() {
    for (SafetensorsDType dtype :
        new SafetensorsDType[] {
          SafetensorsDType.F64, SafetensorsDType.F32, SafetensorsDType.BF16, SafetensorsDType.F16
        }) {
      for (int n : new int[] {0, 1, 2, 3, 5, 8, 13, 2047, 2048, 5000, 40_000}) {
        findsEachIn(dtype, n);
      }
    }
    assertThat(NonFinite.first(SafetensorsDType.I8, MemorySegment.ofArray(new byte[3])))
        .isEqualTo(-1);
  }

  private static void findsEachIn(SafetensorsDType dtype, int n) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(8L * n);
      MemorySegment stored = arena.allocate((long) dtype.bytes() * n);
      for (int i = 0; i < n; i++) {
        set(values, i, (i % 2 == 0 ? 1 : -1) * 65504.0 / (1 + i % 7));
      }
      StoredFloats.fromF64(dtype, values, stored);
      assertThat(NonFinite.first(dtype, stored)).isEqualTo(-1);
      int step = Math.max(1, n / 11);
      for (int i = n - 1; i >= 0; i -= step) {
        double bad = i % 3 == 0 ? Double.NaN : i % 3 == 1 ? 1 / 0.0 : -1 / 0.0;
        set(values, i, bad);
        StoredFloats.fromF64(dtype, values, stored);
        assertThat(NonFinite.first(dtype, stored)).as("%s of %d", dtype, n).isEqualTo(i);
      }
    }
  }

  private static void set(MemorySegment values, int i, double v) {
    values.setAtIndex(java.lang.foreign.ValueLayout.JAVA_DOUBLE, i, v);
  }

  private static MemorySegment toF32(SafetensorsDType d, MemorySegment stored) {
    MemorySegment out = MemorySegment.ofArray(new byte[(int) (stored.byteSize() / d.bytes() * 4)]);
    StoredFloats.toF32(d, stored, out);
    return out;
  }

  private static MemorySegment toF64(SafetensorsDType d, MemorySegment stored) {
    MemorySegment out = MemorySegment.ofArray(new byte[(int) (stored.byteSize() / d.bytes() * 8)]);
    StoredFloats.toF64(d, stored, out);
    return out;
  }

  private static MemorySegment fromF32(SafetensorsDType d, MemorySegment f32) {
    MemorySegment out = MemorySegment.ofArray(new byte[(int) (f32.byteSize() / 4 * d.bytes())]);
    StoredFloats.fromF32(d, f32, out);
    return out;
  }

  private static MemorySegment fromF64(SafetensorsDType d, MemorySegment f64) {
    MemorySegment out = MemorySegment.ofArray(new byte[(int) (f64.byteSize() / 8 * d.bytes())]);
    StoredFloats.fromF64(d, f64, out);
    return out;
  }

  private static void same(MemorySegment found, MemorySegment expected) {
    assertThat(found.mismatch(expected)).isEqualTo(-1);
  }
}
