package dev.gavel.tensor.op;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
      double[][] analytic = gradients(c, inputs);
      for (int i = 0; i < inputs.length; i++) {
        if (c.inputs().get(i).differentiable()) {
          compareWithDifferences(c, device, inputs, i, analytic[i]);
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
        sum += y[j] * weight(j);
      }
      return sum;
    }
  }

  private static double weight(int j) {
    return (float) (Rng.uniform(SEED, 99, j) - 0.5);
  }

  /// Gradients of a fixed weighting of the output.
  private static double[][] gradients(OpCase c, Tensor[] inputs) {
    for (int i = 0; i < inputs.length; i++) {
      if (c.inputs().get(i).differentiable()) {
        inputs[i].clearGrad();
        inputs[i].parameter();
      }
    }
    try (Tape tape = Tape.record()) {
      Tensor y = c.op().apply(inputs);
      double[] w = new double[(int) y.size()];
      Arrays.setAll(w, OpCatalogTest::weight);
      tape.backwardFrom(y, y.device().of(y.dtype(), w, y.shape()));
    }
    double[][] g = new double[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      Tensor grad = inputs[i].grad();
      g[i] = grad == null ? new double[0] : grad.toDoubles();
    }
    return g;
  }

  /// Forward and gradients of every backend against the reference, from the same f32 values.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void everyBackendAgreesWithTheReference(String label) {
    OpCase c = caseOf(label);
    double[][] expected;
    try (Device reference = Devices.open("cpu", DType.F64, 1)) {
      expected = run(c, reference, DType.F64);
    }
    for (BackendProvider provider : usable()) {
      try (Device device = Device.over(provider.open(2, 0), DType.F32)) {
        assertThat(device.name()).startsWith(provider.name());
        double[][] found = run(c, device, DType.F32);
        for (int k = 0; k < expected.length; k++) {
          compare(
              device.name() + ": " + c.label() + (k == 0 ? " forward" : " gradient " + (k - 1)),
              found[k],
              expected[k]);
        }
      }
    }
  }

  /// Single precision: rounding of one operation is 6e-8; sums of up to a few hundred terms of
  /// either sign stay below 30 times that, relative to the largest element.
  private static void compare(String what, double[] found, double[] expected) {
    assertThat(found.length).as(what).isEqualTo(expected.length);
    double largest = 0.1;
    for (double e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    for (int i = 0; i < found.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= 4e-6 * largest)) {
        throw new AssertionError(
            "%s: element %d is %s, expected %s, allowed error %s"
                .formatted(what, i, found[i], expected[i], 4e-6 * largest));
      }
    }
  }

  private static double[][] run(OpCase c, Device device, DType type) {
    try (Scope scope = Scope.open()) {
      Tensor[] inputs = c.draw(device, type, SEED);
      List<double[]> all = new ArrayList<>();
      all.add(c.op().apply(inputs).toDoubles());
      all.addAll(Arrays.asList(gradients(c, inputs)));
      for (Tensor t : inputs) {
        t.clearGrad();
      }
      return all.toArray(new double[0][]);
    }
  }

  /// Two runs, and runs with 1 and 3 threads, give the same bits.
  @ParameterizedTest(name = "{0}")
  @MethodSource("labels")
  void bitsDependNeitherOnTheRunNorOnThreads(String label) {
    OpCase c = caseOf(label);
    for (BackendProvider provider : usable()) {
      double[][] first = null;
      for (int threads : new int[] {2, 2, 1, 3}) {
        try (Device device = Device.over(provider.open(threads, 0), DType.F32)) {
          double[][] found = run(c, device, DType.F32);
          if (first == null) {
            first = found;
          }
          for (int k = 0; k < found.length; k++) {
            assertThat(found[k])
                .as("%s on %s with %d threads", c.label(), device.name(), threads)
                .isEqualTo(first[k]);
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
      double[][] once = gradients(c, inputs);
      for (Tensor t : inputs) {
        Tensor g = t.grad();
        if (g != null) {
          device.backend().axpby(0, g, 1, g);
        }
      }
      double[][] twice = gradientsOnTop(c, inputs);
      for (int i = 0; i < once.length; i++) {
        for (int e = 0; e < once[i].length; e++) {
          assertThat(twice[i][e]).as("%s input %d", c.label(), i).isEqualTo(2 * once[i][e]);
        }
      }
    }
  }

  private static double[][] gradientsOnTop(OpCase c, Tensor[] inputs) {
    try (Tape tape = Tape.record()) {
      Tensor y = c.op().apply(inputs);
      double[] w = new double[(int) y.size()];
      Arrays.setAll(w, OpCatalogTest::weight);
      tape.backwardFrom(y, y.device().of(y.dtype(), w, y.shape()));
    }
    double[][] g = new double[inputs.length][];
    for (int i = 0; i < inputs.length; i++) {
      Tensor grad = inputs[i].grad();
      g[i] = grad == null ? new double[0] : grad.toDoubles();
    }
    return g;
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
