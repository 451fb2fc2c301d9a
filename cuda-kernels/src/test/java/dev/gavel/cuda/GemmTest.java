package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.Gemm.Operand;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products through JCublas against loops in double.
class GemmTest extends EmulatorTest {
  private static final int M = 5;
  private static final int N = 7;
  private static final int K = 9;

  @ParameterizedTest
  @CsvSource({
    "F32, F32, false",
    "F32, F32, true",
    "BF16, BF16, false",
    "BF16, BF16, true",
    "BF16, F32, false"
  })
  void allTransposes(DType in, DType out, boolean accumulate) {
    for (int t = 0; t < 4; t++) {
      boolean transA = (t & 1) != 0;
      boolean transB = (t & 2) != 0;
      float[] a = random(1, M * K);
      float[] b = random(2, K * N);
      float[] c = random(3, M * N);
      long to = put(out, c);
      try (Gemm gemm = new Gemm(context)) {
        gemm.run(
            M,
            N,
            K,
            new Operand(put(in, a), in, transA, transA ? M : K),
            new Operand(put(in, b), in, transB, transB ? K : N),
            new Operand(to, out, false, N),
            accumulate);
      }
      float[] found = out == DType.F32 ? floats(to, M * N) : floatsOfBf16(to, M * N);
      check(a, transA, b, transB, accumulate ? c : new float[M * N], found, out);
    }
  }

  private static void check(
      float[] a, boolean transA, float[] b, boolean transB, float[] c, float[] found, DType out) {
    for (int i = 0; i < M; i++) {
      for (int j = 0; j < N; j++) {
        double sum = c[i * N + j];
        for (int p = 0; p < K; p++) {
          sum += (double) a[transA ? p * M + i : i * K + p] * b[transB ? j * K + p : p * N + j];
        }
        // f32: the rounding of 10 sums of terms below 1; bf16: besides half a unit of 8 bits
        double allowed = 1e-6 + (out == DType.BF16 ? Math.abs(sum) / 256 : 0);
        assertThat(found[i * N + j]).isCloseTo((float) sum, within(allowed));
      }
    }
  }

  private static org.assertj.core.data.Offset<Float> within(double allowed) {
    return org.assertj.core.data.Offset.offset((float) allowed);
  }

  /// Values that bf16 holds, so that both types compute the same product.
  private static float[] random(int stream, int n) {
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = roundBf16((float) Rng.uniform(7, stream, i) - 0.5f);
    }
    return values;
  }

  private long put(DType type, float[] values) {
    return type == DType.F32 ? uploadFloats(values) : uploadBf16(values);
  }

  @Test
  void anEmptyInnerSizeGivesZeros() {
    long c = uploadFloats(1, 2, 3, 4);
    try (Gemm gemm = new Gemm(context)) {
      Operand none = new Operand(allocate(4), DType.F32, false, 1);
      gemm.run(2, 2, 0, none, new Operand(none.address(), DType.F32, false, 2), operand(c), true);
      assertThat(floats(c, 4)).containsExactly(1, 2, 3, 4);
      gemm.run(2, 2, 0, none, new Operand(none.address(), DType.F32, false, 2), operand(c), false);
    }
    assertThat(floats(c, 4)).containsExactly(0, 0, 0, 0);
  }

  private static Operand operand(long address) {
    return new Operand(address, DType.F32, false, 2);
  }

  @Test
  void mixedTypesAreRefused() {
    try (Gemm gemm = new Gemm(context)) {
      Operand f = new Operand(0, DType.F32, false, 1);
      Operand b = new Operand(0, DType.BF16, false, 1);
      assertThatThrownBy(() -> gemm.run(1, 1, 1, f, b, f, false))
          .hasMessageContaining("product of F32 and BF16 to F32");
    }
  }
}
