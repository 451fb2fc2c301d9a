package dev.gavel.bench.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.bench.Main;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.op.Op;
import dev.gavel.tensor.op.OpCase;
import dev.gavel.tensor.op.OpCatalog;
import dev.gavel.tensor.op.Work;
import org.junit.jupiter.api.Test;

class BenchedOpsTest {
  @Test
  void theBenchRunsOnEveryOpOfTheCatalog() throws Exception {
    assertThat(Main.options("OpBench").getParameter("op").get())
        .containsExactlyElementsOf(OpCatalog.all().stream().map(Op::name).toList());
    for (Op op : OpCatalog.all()) {
      assertThat(BenchedOps.named(op.name()).name()).isEqualTo(op.name());
    }
  }

  @Test
  void opsThatAreNamedAreTheOnlyOnes() throws Exception {
    assertThat(Main.options("OpBench", "-p", "op=exp,log").getParameter("op").get())
        .containsExactly("exp", "log");
  }

  @Test
  void anUnknownOpIsAnError() {
    assertThatThrownBy(() -> BenchedOps.named("softplus"))
        .hasMessageContaining("no op 'softplus'")
        .hasMessageContaining("matmulNT");
  }

  @Test
  void casesAreLargeAndSayWhatIsToBeDone() {
    for (Op op : OpCatalog.all()) {
      OpCase c = op.benchCase();
      Work work = c.op().work(c);
      boolean view = op.name().equals("reshape") || op.name().equals("slice");
      assertThat(work.bytes() == 0).as(op.name()).isEqualTo(view);
      assertThat(work.backwardFlops() > 0).as(op.name()).isEqualTo(work.flops() > 0);
    }
    OpCase matmul = BenchedOps.named("matmulTN").benchCase();
    Work work = matmul.op().work(matmul);
    assertThat(work.flops()).isEqualTo(2L * 256 * 2048 * 768);
    assertThat(work.bytes()).isEqualTo(4L * (256 * 768 + 2048 * 768 + 256 * 2048));
  }

  @Test
  void whatDiffersFromTheReferenceIsNotTimed() {
    OpCase right = BenchedOps.named("exp").cases().get(2);
    OpCase wrong = new OpCase(new HalfExp(right.op()), right.inputs());
    try (Device device = Devices.open("cpu", DType.F32, 1)) {
      OpCheck.verify(right, device, false);
      OpCheck.verify(right, device, true);
      assertThatThrownBy(() -> OpCheck.verify(wrong, device, false))
          .hasMessageContaining("not timed")
          .hasMessageContaining("the reference says");
    }
  }

  /// Is wrong in single precision alone.
  private record HalfExp(Op exp) implements Op {
    @Override
    public dev.gavel.tensor.Tensor forward(dev.gavel.tensor.op.Call c) {
      var y = exp.forward(c);
      return y.dtype() == DType.F32 ? y.mul(0.5) : y;
    }

    @Override
    public void backward(dev.gavel.tensor.op.Call c, dev.gavel.tensor.Tensor gy) {
      exp.backward(c, gy);
    }

    @Override
    public java.util.List<OpCase> cases() {
      return exp.cases();
    }
  }
}
