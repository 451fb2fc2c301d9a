package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.cuda.kernels.AttentionForwardKernel.Buffers;
import dev.gavel.cuda.kernels.AttentionForwardKernel.Version;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every version against plain loops in double, on the emulator with its checks: lengths beside the
/// sizes of tiles, ragged batches, groups of 1, 4 and 8 heads.
class AttentionForwardKernelTest extends EmulatorTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WGMMA | 64  | 4 | 1 | 63 1 0 65",
        "WGMMA | 64  | 2 | 2 | 129 127",
        "WGMMA | 64  | 1 | 1 | 300",
        "WGMMA | 128 | 8 | 1 | 64 1",
        "WGMMA | 128 | 2 | 1 | 65 200",
        "MMA   | 64  | 4 | 1 | 63 1 0 65",
        "MMA   | 64  | 2 | 2 | 129 127",
        "MMA   | 128 | 8 | 1 | 64 1",
        "MMA   | 128 | 2 | 1 | 65 200",
        "PLAIN | 64  | 4 | 1 | 33 1 0 32",
        "PLAIN | 24  | 8 | 1 | 65 31",
        "PLAIN | 17  | 2 | 2 | 20",
        "PLAIN | 160 | 2 | 1 | 34",
      })
  void bf16(Version version, int headSize, int heads, int kvHeads, String lengths) {
    Case c = new Case(version, DType.BF16, new AttentionShape(heads, kvHeads, headSize), lengths);
    AttentionLoops loops = c.check();
    // values up to 4 or so, rounded to 8 bits; tensor cores take rounded weights as well
    assertThat(loops.worst()).isLessThan(version == Version.PLAIN ? 0.009 : 0.016);
    // scores of up to 20 in float
    assertThat(loops.worstLse()).isLessThan(4e-6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "12 | 4 | 2 | 37 1 33",
        "64 | 2 | 1 | 40 0 3",
        "128 | 4 | 4 | 35",
        "300 | 2 | 1 | 9 34"
      })
  void f32(int headSize, int heads, int kvHeads, String lengths) {
    Case c =
        new Case(Version.PLAIN, DType.F32, new AttentionShape(heads, kvHeads, headSize), lengths);
    AttentionLoops loops = c.check();
    // sums of up to 300 products in float
    assertThat(loops.worst()).isLessThan(3e-6);
    assertThat(loops.worstLse()).isLessThan(4e-6);
  }

  @ParameterizedTest
  @CsvSource({"WGMMA, 64", "WGMMA, 128", "MMA, 64", "MMA, 128", "PLAIN, 24"})
  void aSequenceHasTheSameBitsInAnyBatch(Version version, int headSize) {
    AttentionShape shape = new AttentionShape(2, 1, headSize);
    Case alone = new Case(version, DType.BF16, shape, "70");
    Case among = new Case(version, DType.BF16, shape, "70 130 3");
    alone.takeFirstSequenceOf(among);
    byte[] bits = alone.run();
    assertThat(Arrays.copyOf(among.run(), bits.length)).isEqualTo(bits);
  }

  @Test
  void picksTheFastestVersion() {
    AttentionForwardKernel kernel = new AttentionForwardKernel(context);
    assertThat(kernel.plan(DType.BF16, 128, Ragged.ofLengths(3)).version())
        .isEqualTo(context.capability() == 90 ? Version.WGMMA : Version.MMA);
    assertThat(kernel.versions(DType.BF16, 80)).containsExactly(Version.PLAIN);
    assertThat(kernel.versions(DType.F32, 128)).containsExactly(Version.PLAIN);
    assertThatThrownBy(() -> kernel.versions(DType.F64, 128))
        .hasMessage("attention: takes F32 and BF16, found F64; cast it");
    var plan = kernel.plan(Version.MMA, DType.BF16, Ragged.ofLengths(1));
    assertThatThrownBy(
            () -> kernel.run(plan, new AttentionShape(1, 1, 80), new Buffers(0, 0, 0, 0, 0), 0))
        .hasMessage("attention: the plan is for MMA, which does not take heads of 80 in BF16");
  }

  @Test
  void countsWork() {
    AttentionShape shape = new AttentionShape(32, 8, 128);
    Ragged batch = Ragged.ofLengths(4096);
    assertThat(AttentionForwardKernel.flops(shape, batch)).isEqualTo(2.0 * 4096 * 4096 * 128 * 32);
    assertThat(AttentionForwardKernel.bytes(DType.BF16, shape, batch))
        .isEqualTo(4096.0 * (2 * 128 * (2 * 32 + 2 * 8) + 4 * 32));
  }

  /// One problem, its arrays on the host as the device sees them.
  private final class Case {
    private final Version version;
    private final DType type;
    private final AttentionShape shape;
    private final Ragged batch;
    private final float[] q;
    private final float[] k;
    private final float[] v;
    private long y;
    private long lse;

    Case(Version version, DType type, AttentionShape shape, String lengths) {
      this.version = version;
      this.type = type;
      this.shape = shape;
      batch =
          Ragged.ofLengths(Arrays.stream(lengths.split(" ")).mapToInt(Integer::parseInt).toArray());
      Random random = new Random(lengths.hashCode());
      boolean bf16 = type == DType.BF16;
      q = AttentionLoops.gaussian(random, batch.tokens() * shape.heads() * shape.headSize(), bf16);
      k =
          AttentionLoops.gaussian(
              random, batch.tokens() * shape.kvHeads() * shape.headSize(), bf16);
      v = AttentionLoops.gaussian(random, k.length, bf16);
    }

    void takeFirstSequenceOf(Case other) {
      System.arraycopy(other.q, 0, q, 0, q.length);
      System.arraycopy(other.k, 0, k, 0, k.length);
      System.arraycopy(other.v, 0, v, 0, v.length);
    }

    private long upload(float[] x) {
      return type == DType.BF16 ? uploadBf16(x) : uploadFloats(x);
    }

    /// @return the bytes of y
    byte[] run() {
      AttentionForwardKernel kernel = new AttentionForwardKernel(context);
      AttentionForwardKernel.Plan plan = kernel.plan(version, type, batch);
      y = allocate((long) q.length * type.bytes());
      lse = allocate(4L * batch.tokens() * shape.heads());
      kernel.run(
          plan,
          shape,
          new Buffers(upload(q), upload(k), upload(v), y, lse),
          uploadInts(plan.words()));
      return bytes(y, q.length * type.bytes());
    }

    AttentionLoops check() {
      run();
      float[] found = type == DType.BF16 ? floatsOfBf16(y, q.length) : floats(y, q.length);
      float[] foundLse = floats(lse, batch.tokens() * shape.heads());
      AttentionLoops loops = new AttentionLoops();
      for (int s = 0; s < batch.sequences(); s++) {
        int begin = batch.offset(s);
        for (int t = begin; t < batch.offset(s + 1); t++) {
          for (int h = 0; h < shape.heads(); h++) {
            int row = t * shape.heads() + h;
            int kv = h / shape.group();
            loops.lse(
                foundLse[row],
                loops.row(
                    found,
                    q,
                    row * shape.headSize(),
                    shape.headSize(),
                    t - begin,
                    k,
                    v,
                    u -> ((begin + u) * shape.kvHeads() + kv) * shape.headSize()));
          }
        }
      }
      return loops;
    }
  }
}
