package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// [KvWriteKernel]: exactly the rows of the new tokens, in units of 16, 4 and 2 bytes.
class KvWriteKernelTest extends PagedTest {
  @ParameterizedTest
  @CsvSource({"BF16, 64", "BF16, 18", "BF16, 17", "F32, 64", "F32, 17"})
  void writes(DType type, int headSize) {
    AttentionShape shape = new AttentionShape(4, 2, headSize);
    Paged p = Paged.of(type, shape, new int[] {0, 63, 10}, new int[] {3, 66, 1}, 0);
    long pool = upload(p, p.pool());
    PagedAttention attention = new PagedAttention(context);
    PagedAttention.Plan plan = attention.plan(type, shape, p.batch());
    attention.write(
        plan, p.layer(pool), upload(p, p.k()), upload(p, p.v()), uploadInts(plan.words()));
    int count = p.pool().length;
    assertThat(type == DType.BF16 ? floatsOfBf16(pool, count) : floats(pool, count))
        .isEqualTo(p.written());
  }

  @Test
  void countsBytes() {
    assertThat(KvWriteKernel.bytes(DType.BF16, new AttentionShape(32, 8, 128), 10))
        .isEqualTo(2.0 * 2 * 10 * 8 * 128 * 2);
  }
}
