package dev.gavel.cuda.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.cuda.kernels.AttentionBackwardKernel.Buffers;
import dev.gavel.cuda.kernels.AttentionBackwardKernel.Version;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every version against plain loops in double, on the emulator with its checks: lengths beside the
/// sizes of tiles, ragged batches, groups of 1, 4 and 8 heads.
class AttentionBackwardKernelTest extends EmulatorTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WGMMA | 64  | 4 | 1 | 63 1 0 65",
        "WGMMA | 64  | 1 | 1 | 129",
        "WGMMA | 128 | 2 | 2 | 127 64",
        "WGMMA | 128 | 8 | 1 | 1 66",
        "WGMMA | 128 | 2 | 1 | 200",
        "MMA   | 64  | 4 | 1 | 63 1 0 65",
        "MMA   | 64  | 1 | 1 | 129",
        "MMA   | 128 | 2 | 2 | 127 64",
        "MMA   | 128 | 8 | 1 | 1 66",
        "MMA   | 128 | 2 | 1 | 200",
        "PLAIN | 64  | 4 | 1 | 33 1 0 32",
        "PLAIN | 24  | 4 | 2 | 65 31",
        "PLAIN | 160 | 2 | 2 | 20 34",
      })
  void bf16(Version version, int headSize, int heads, int kvHeads, String lengths) {
    // The result is rounded to bf16 (2^-9 of it at most, 0.0017 of a random one on average), and
    // the
    // tensor cores' versions round weights and their gradients as well, with independent errors.
    new Case(version, DType.BF16, new AttentionShape(heads, kvHeads, headSize), lengths)
        .check(4e-3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "12 | 4 | 2 | 37 1 33",
        "64 | 2 | 1 | 40 0 3",
        "128 | 1 | 1 | 35",
        "96 | 8 | 1 | 9 34"
      })
  void f32(int headSize, int heads, int kvHeads, String lengths) {
    // sums of up to 300 products in float
    new Case(Version.PLAIN, DType.F32, new AttentionShape(heads, kvHeads, headSize), lengths)
        .check(1e-6);
  }

  @Test
  void picksTheFastestVersion() {
    AttentionBackwardKernel kernel = new AttentionBackwardKernel(context);
    boolean hopper = context.capability() == 90;
    assertThat(kernel.versions(DType.BF16, 128))
        .isEqualTo(
            hopper
                ? java.util.List.of(Version.WGMMA, Version.MMA, Version.PLAIN)
                : java.util.List.of(Version.MMA, Version.PLAIN));
    assertThat(kernel.versions(DType.BF16, 80)).containsExactly(Version.PLAIN);
    assertThat(kernel.versions(DType.F32, 128)).containsExactly(Version.PLAIN);
    assertThatThrownBy(() -> kernel.versions(DType.F64, 128))
        .hasMessage("attention backward: takes F32 and BF16, found F64; cast it");
    AttentionBackwardPlan plan = kernel.plan(Version.MMA, DType.BF16, Ragged.ofLengths(1));
    assertThatThrownBy(() ->
            kernel.run(
                plan, new AttentionShape(1, 1, 80), new Buffers(0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 0))
        .hasMessage(
            "attention backward: the plan is for MMA, which does not take heads of 80 in BF16");
  }

  @Test
  void countsWork() {
    AttentionShape shape = new AttentionShape(32, 8, 128);
    Ragged batch = Ragged.ofLengths(4096);
    assertThat(AttentionBackwardKernel.flops(shape, batch)).isEqualTo(5.0 * 4096 * 4096 * 128 * 32);
    assertThat(AttentionBackwardKernel.bytes(DType.BF16, shape, batch))
        .isEqualTo(4096.0 * (2 * 128 * (4 * 32 + 4 * 8) + 4 * 32));
  }

  /// One problem, its arrays on the host as the device sees them.
  private final class Case {
    private final Version version;
    private final DType type;
    private final AttentionShape shape;
    private final Ragged batch;
    private final Random random = new Random(7);
    private final float[] q;
    private final float[] k;
    private final float[] v;
    private final float[] gy;
    private final float[] y;
    private final float[] lse;
    private final double[] gq;
    private final double[] gk;
    private final double[] gv;

    Case(Version version, DType type, AttentionShape shape, String lengths) {
      this.version = version;
      this.type = type;
      this.shape = shape;
      batch =
          Ragged.ofLengths(
              java.util.Arrays.stream(lengths.split(" ")).mapToInt(Integer::parseInt).toArray());
      int queries = batch.tokens() * shape.heads() * shape.headSize();
      int keys = batch.tokens() * shape.kvHeads() * shape.headSize();
      q = gaussian(queries);
      k = gaussian(keys);
      v = gaussian(keys);
      gy = gaussian(queries);
      y = new float[queries];
      lse = new float[batch.tokens() * shape.heads()];
      gq = new double[queries];
      gk = new double[keys];
      gv = new double[keys];
      for (int s = 0; s < batch.sequences(); s++) {
        for (int t = batch.offset(s); t < batch.offset(s + 1); t++) {
          for (int h = 0; h < shape.heads(); h++) {
            row(batch.offset(s), t, h);
          }
        }
      }
    }

    private float[] gaussian(int n) {
      float[] x = new float[n];
      for (int i = 0; i < n; i++) {
        x[i] = rounded(random.nextGaussian());
      }
      return x;
    }

    private float rounded(double x) {
      return type == DType.BF16 ? roundBf16((float) x) : (float) x;
    }

    private int query(int t, int h) {
      return (t * shape.heads() + h) * shape.headSize();
    }

    private int key(int u, int h) {
      return (u * shape.kvHeads() + h / (shape.heads() / shape.kvHeads())) * shape.headSize();
    }

    /// Forward of one query and head, and what it adds to the gradients.
    private void row(int begin, int t, int h) {
      int d = shape.headSize();
      int a = query(t, h);
      double scale = 1 / Math.sqrt(d);
      double[] p = new double[t + 1 - begin];
      double sum = 0;
      for (int u = begin; u <= t; u++) {
        p[u - begin] =
            Math.exp(dot(q, a, k, key(u, h)) * scale); // small enough to do without a maximum
        sum += p[u - begin];
      }
      lse[t * shape.heads() + h] = (float) Math.log(sum);
      double[] out = new double[d];
      for (int u = begin; u <= t; u++) {
        for (int i = 0; i < d; i++) {
          out[i] += p[u - begin] / sum * v[key(u, h) + i];
        }
      }
      for (int i = 0; i < d; i++) {
        y[a + i] = rounded(out[i]);
      }
      double delta = dot(gy, a, y, a);
      for (int u = begin; u <= t; u++) {
        int b = key(u, h);
        double weight = p[u - begin] / sum;
        double g = weight * (dot(gy, a, v, b) - delta) * scale;
        for (int i = 0; i < d; i++) {
          gv[b + i] += weight * gy[a + i];
          gq[a + i] += g * k[b + i];
          gk[b + i] += g * q[a + i];
        }
      }
    }

    private double dot(float[] x, int i, float[] z, int j) {
      double sum = 0;
      for (int n = 0; n < shape.headSize(); n++) {
        sum += (double) x[i + n] * z[j + n];
      }
      return sum;
    }

    private long upload(float[] x) {
      return type == DType.BF16 ? uploadBf16(x) : uploadFloats(x);
    }

    /// Runs twice: right, and the same bits again.
    void check(double tolerance) {
      AttentionBackwardKernel kernel = new AttentionBackwardKernel(context);
      AttentionBackwardPlan plan = kernel.plan(version, type, batch);
      long words = uploadInts(plan.words());
      long scratch = allocate(AttentionBackwardKernel.scratchBytes(batch.tokens(), shape.heads()));
      Buffers b =
          new Buffers(
              upload(q),
              upload(k),
              upload(v),
              upload(y),
              uploadFloats(lse),
              upload(gy),
              allocate(type.bytes() * (long) gq.length),
              allocate(type.bytes() * (long) gk.length),
              allocate(type.bytes() * (long) gv.length));
      kernel.run(plan, shape, b, words, scratch);
      close("gq", b.gq(), gq, tolerance);
      close("gk", b.gk(), gk, tolerance);
      close("gv", b.gv(), gv, tolerance);
      byte[] first = bytes(b.gk(), type.bytes() * gk.length);
      kernel.run(plan, shape, b, words, scratch);
      assertThat(bytes(b.gk(), type.bytes() * gk.length)).isEqualTo(first);
    }

    private void close(String name, long address, double[] want, double tolerance) {
      float[] got =
          type == DType.BF16 ? floatsOfBf16(address, want.length) : floats(address, want.length);
      double error = 0;
      double norm = 0;
      for (int i = 0; i < want.length; i++) {
        error += (got[i] - want[i]) * (got[i] - want[i]);
        norm += want[i] * want[i];
      }
      assertThat(Math.sqrt(error / norm)).as(name + " of " + version).isLessThan(tolerance);
    }
  }
}
