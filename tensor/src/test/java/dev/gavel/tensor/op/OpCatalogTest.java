package dev.gavel.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What every op of the catalog is held to, on every backend that can be opened here.
class OpCatalogTest {
  private static final long SEED = 20260721;

  static Stream<String> labels() {
    List<OpCase> cases = OpCatalog.cases();
    return java.util.stream.IntStream.range(0, cases.size())
        .mapToObj(i -> i + " " + cases.get(i).label());
  }

  private static OpCase caseOf(String label) {
    return OpCatalog.cases().get(Integer.parseInt(label.substring(0, label.indexOf(' '))));
  }

  /// Analytic derivative against central differences, in double.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void gradientIsThatOfCentralDifferences(String label) {
    OpCase c = caseOf(label);
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      Tensor[] inputs = c.draw(device, DType.F64, SEED);
      CaseRun.backward(c, inputs, DType.F32, SEED);
      for (int i = 0; i < inputs.length; i++) {
        if (c.inputs().get(i).differentiable()) {
          compareWithDifferences(c, device, inputs, i, CaseRun.gradient(inputs[i]));
        }
      }
    }
  }

  private static void compareWithDifferences(
      OpCase c, Device device, Tensor[] inputs, int i, double[] analytic) {
    double[] x = inputs[i].toDoubles();
    int stride = Math.max(1, x.length / 40);
    for (int e = 0; e < x.length; e += stride) {
      double h = 1e-5;
      double up = weighted(c, inputs, i, device, x, e, h);
      double down = weighted(c, inputs, i, device, x, e, -h);
      double numeric = (up - down) / (2 * h);
      // The difference quotient errs by h^2 times the third derivative, and by rounding / h: about
      // 1e-8 of the sums here.
      assertThat(analytic[e])
          .as("%s: input %d, element %d", c.label(), i, e)
          .isCloseTo(numeric, org.assertj.core.data.Offset.offset(3e-6 * (1 + Math.abs(numeric))));
    }
  }

  private static double weighted(
      OpCase c, Tensor[] inputs, int i, Device device, double[] x, int e, double h) {
    double[] moved = x.clone();
    moved[e] += h;
    try (Scope scope = Scope.open()) {
      Tensor[] all = inputs.clone();
      all[i] = device.of(moved, inputs[i].shape());
      double[] y = c.op().apply(all).toDoubles();
      double sum = 0;
      for (int j = 0; j < y.length; j++) {
        sum += y[j] * CaseRun.weight(j, DType.F32, SEED);
      }
      return sum;
    }
  }

  /// Forward and gradients of every backend against the reference, in every type that it computes
  /// in; and, so that the rule for it is held to something, in bf16 by way of plain loops.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void everyBackendAgreesWithTheReference(String label) {
    OpCase c = caseOf(label);
    for (BackendProvider provider : usable()) {
      for (DType type : types(provider)) {
        try (Device device = Device.over(provider.open(2, 0), type);
            Parity parity = new Parity(device, type)) {
          assertThat(device.name()).startsWith(provider.name());
          assertThat(parity.check(c).failure()).isEmpty();
        }
      }
    }
  }

  private static Set<DType> types(BackendProvider provider) {
    Set<DType> types = EnumSet.of(DType.BF16);
    types.addAll(provider.types());
    return types;
  }

  /// Two runs, and runs with 1 and 3 threads, give the same bits.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void bitsDependNeitherOnTheRunNorOnThreads(String label) {
    OpCase c = caseOf(label);
    for (BackendProvider provider : usable()) {
      CaseRun first = null;
      for (int threads : new int[] {2, 2, 1, 3}) {
        try (Device device = Device.over(provider.open(threads, 0), DType.F32)) {
          CaseRun found = CaseRun.of(c, device, DType.F32, DType.F32, SEED);
          if (first == null) {
            first = found;
          }
          for (int k = 0; k < found.values().size(); k++) {
            assertThat(found.values().get(k))
                .as("%s on %s with %d threads", c.label(), device.name(), threads)
                .isEqualTo(first.values().get(k));
          }
        }
      }
    }
  }

  /// A second backward pass adds to the gradients of the first.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void runningBackwardTwiceDoublesTheGradient(String label) {
    OpCase c = caseOf(label);
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope scope = Scope.open()) {
      Tensor[] inputs = c.draw(device, DType.F64, SEED);
      CaseRun.backward(c, inputs, DType.F32, SEED);
      List<double[]> once = Stream.of(inputs).map(CaseRun::gradient).toList();
      CaseRun.backward(c, inputs, DType.F32, SEED);
      for (int i = 0; i < inputs.length; i++) {
        double[] twice = CaseRun.gradient(inputs[i]);
        for (int e = 0; e < twice.length; e++) {
          assertThat(twice[e]).as("%s input %d", c.label(), i).isEqualTo(2 * once.get(i)[e]);
        }
      }
    }
  }

  @Test
  void noTwoOpsHaveOneName() {
    assertThat(OpCatalog.all().stream().map(Op::name)).doesNotHaveDuplicates();
  }

  @Test
  void namesTheBackendsThatRan() {
    for (BackendProvider p : Devices.providers()) {
      switch (p.probe()) {
        case Probe.Usable(String description) ->
            System.err.println("backend " + p.name() + ": " + description);
        case Probe.Unusable(String reason, String remedy) ->
            System.err.println("SKIPPED: backend " + p.name() + ": " + reason + "; " + remedy);
      }
    }
    for (String required : System.getProperty("gavel.require", "").split(",")) {
      if (required.equals("vector")) {
        assertThat(usable().stream().map(BackendProvider::name)).contains(required);
      }
    }
  }

  private static List<BackendProvider> usable() {
    return Devices.providers().stream().filter(p -> p.probe() instanceof Probe.Usable).toList();
  }
}
