package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What came of a case on a device: the output, and the gradients of a fixed weighting of it.
///
/// @param values the output first, then the gradient of each input; empty where it has none
public record CaseRun(List<double[]> values) {
  private static final int WEIGHTS = 99; // a stream that no input draws from

  public CaseRun {
    values = List.copyOf(values);
  }

  /// Draws the inputs and runs the case forward and backward.
  ///
  /// @param type of the tensors
  /// @param rounded the type to which inputs and weighting are rounded first
  public static CaseRun of(OpCase c, Device device, DType type, DType rounded, long seed) {
    try (Scope scope = Scope.open()) {
      Tensor[] inputs = c.draw(device, type, rounded, seed);
      List<double[]> all = new ArrayList<>();
      all.add(c.op().apply(inputs).toDoubles());
      backward(c, inputs, rounded, seed);
      for (Tensor input : inputs) {
        all.add(gradient(input));
        input.clearGrad();
      }
      return new CaseRun(all);
    }
  }

  /// Adds the gradients of the weighted output to what the inputs hold.
  static void backward(OpCase c, Tensor[] inputs, DType rounded, long seed) {
    for (int i = 0; i < inputs.length; i++) {
      if (c.inputs().get(i).differentiable()) {
        inputs[i].parameter();
      }
    }
    try (Tape tape = Tape.record()) {
      Tensor y = c.op().apply(inputs);
      double[] weights = new double[Math.toIntExact(y.size())];
      for (int j = 0; j < weights.length; j++) {
        weights[j] = weight(j, rounded, seed);
      }
      tape.backwardFrom(y, y.device().of(y.dtype(), weights, y.shape()));
    }
  }

  /// The weight of the output's element `j`.
  static double weight(int j, DType rounded, long seed) {
    return rounded.round(Rng.uniform(seed, WEIGHTS, j) - 0.5);
  }

  static double[] gradient(Tensor input) {
    @Nullable Tensor grad = input.grad();
    return grad == null ? new double[0] : grad.toDoubles();
  }

  /// What the values at an index are: `forward`, `gradient 0`.
  static String what(int index) {
    return index == 0 ? "forward" : "gradient " + (index - 1);
  }
}
