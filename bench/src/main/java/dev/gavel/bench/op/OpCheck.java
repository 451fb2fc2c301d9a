package dev.gavel.bench.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.OpCase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Holds what will be timed against the reference backend, on the very inputs that are timed.
final class OpCheck {
  static final long SEED = 1;

  /// Of the largest element. A kernel that is wrong is wrong by far; how exact it is is the
  /// business of the op catalog's tests, whose cases are small enough for a tight bound.
  private static final double TOLERANCE = 1e-4;

  private OpCheck() {}

  /// @param backward the gradients of all inputs instead of the output
  /// @throws IllegalStateException naming the element that differs
  static void verify(OpCase c, Device device, boolean backward) {
    List<double[]> expected;
    try (Device reference = Devices.open("cpu", DType.F64, 1)) {
      expected = run(c, reference, backward);
    }
    List<double[]> found = run(c, device, backward);
    for (int k = 0; k < expected.size(); k++) {
      compare(
          "%s: %s, %s".formatted(device.name(), c.label(), backward ? "gradient " + k : "output"),
          found.get(k),
          expected.get(k));
    }
  }

  private static void compare(String what, double[] found, double[] expected) {
    double largest = Math.max(0.1, Arrays.stream(expected).map(Math::abs).max().orElse(0));
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= TOLERANCE * largest)) {
        throw new IllegalStateException(
            "%s: element %d is %s, the reference says %s (allowed error %s); not timed"
                .formatted(what, i, found[i], expected[i], TOLERANCE * largest));
      }
    }
  }

  private static List<double[]> run(OpCase c, Device device, boolean backward) {
    try (Scope _ = Scope.open()) {
      Tensor[] inputs = c.draw(device, device.arithmetic(), SEED);
      return backward ? gradients(c, inputs) : List.of(c.op().apply(inputs).toDoubles());
    }
  }

  private static List<double[]> gradients(OpCase c, Tensor[] inputs) {
    follow(c, inputs);
    try (Tape tape = Tape.record()) {
      Tensor y = c.op().apply(inputs);
      tape.backwardFrom(y, seed(y));
    }
    List<double[]> all = new ArrayList<>();
    for (Tensor x : inputs) {
      Tensor g = x.grad();
      if (g != null) {
        all.add(g.toDoubles());
      }
      x.clearGrad();
    }
    return all;
  }

  /// Marks the inputs that have a gradient.
  static void follow(OpCase c, Tensor[] inputs) {
    for (int i = 0; i < inputs.length; i++) {
      if (c.inputs().get(i).differentiable()) {
        inputs[i].parameter();
      }
    }
  }

  /// A gradient of the output that treats its elements differently.
  static Tensor seed(Tensor y) {
    double[] weights = new double[Math.toIntExact(y.size())];
    Arrays.setAll(weights, i -> (i % 13 - 6) / 8.0); // exact in every type
    return y.device().of(y.dtype(), weights, y.shape());
  }
}
