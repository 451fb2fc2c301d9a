package dev.gavel.cuda.kernels;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.tensor.DType;

/// Tests of attention over pages: writes the new tokens, attends, and gives what came out.
abstract class PagedTest extends EmulatorTest {
  /// @param bytes of y
  /// @param y as floats
  record Result(byte[] bytes, float[] y) {}

  final Result attend(Paged p) {
    PagedAttention attention = new PagedAttention(context);
    PagedAttention.Plan plan = attention.plan(p.type(), p.shape(), p.batch());
    long words = uploadInts(plan.words());
    KvLayer layer = p.layer(upload(p, p.pool()));
    attention.write(plan, layer, upload(p, p.k()), upload(p, p.v()), words);
    int count = p.q().length;
    long y = allocate((long) count * p.type().bytes());
    attention.attend(plan, layer, upload(p, p.q()), y, words, allocate(plan.scratchBytes()));
    return new Result(
        bytes(y, count * p.type().bytes()),
        p.type() == DType.BF16 ? floatsOfBf16(y, count) : floats(y, count));
  }

  final long upload(Paged p, float[] x) {
    return p.type() == DType.BF16 ? uploadBf16(x) : uploadFloats(x);
  }

  static int[] numbers(String list) {
    return java.util.Arrays.stream(list.split(" ")).mapToInt(Integer::parseInt).toArray();
  }
}
