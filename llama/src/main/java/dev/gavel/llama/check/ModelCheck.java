package dev.gavel.llama.check;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Compares a device with the reference backend, in double, on whole models: logits, gradients,
/// five steps of training, and decoding over a shared prefix.
///
/// f32 is held to its own rounding. bf16 is held to twice the error of plain bf16 arithmetic: the
/// reference loops over tensors in bf16, each result rounded once (the rule of flash attention's
/// tests, arXiv 2205.14135).
public final class ModelCheck {
  /// Single precision: two layers, sums of up to 150 terms, and what training makes of them; ten
  /// times what the vector backend shows.
  private static final double SINGLE = 2e-5;

  /// Single precision after steps of AdamW, whose first ones divide a gradient by its own size and
  /// so make much of its last bits: the bound that trajectories have against the libraries.
  private static final double SINGLE_TRAINED = 2e-4;

  /// Half a unit in the last place of bf16, for what plain arithmetic happens to hit.
  private static final double HALF_BF16 = 1.0 / 512;

  private final Device device;
  private final DType type;

  /// @param device of f32 or bf16 arithmetic; stays open
  public ModelCheck(Device device) {
    this.device = device;
    this.type = device.arithmetic();
  }

  /// What came of a comparison.
  ///
  /// @param error the largest difference, relative to the largest number that is expected
  public record Finding(String what, double error, double allowed) {
    public boolean fits() {
      return error <= allowed;
    }
  }

  private interface Part {
    Map<String, double[]> run(ModelRun run) throws IOException;
  }

  /// Runs a model on both.
  public List<Finding> check(CheckModel model) throws IOException {
    List<Finding> findings = new ArrayList<>();
    compare(model, ModelRun::forwardAndBackward, SINGLE, findings);
    compare(model, ModelRun::trajectory, SINGLE_TRAINED, findings);
    compare(model, ModelRun::decode, SINGLE, findings);
    return findings;
  }

  private void compare(CheckModel model, Part part, double single, List<Finding> findings)
      throws IOException {
    Map<String, double[]> found = part.run(new ModelRun(model, device, type));
    Map<String, double[]> expected = reference(model, part, DType.F64);
    Map<String, double[]> plain =
        type == DType.BF16 ? reference(model, part, DType.BF16) : expected;
    for (Map.Entry<String, double[]> e : expected.entrySet()) {
      double allowed =
          type == DType.BF16 ? 2 * error(figure(plain, e), e.getValue()) + HALF_BF16 : single;
      double error = error(figure(found, e), e.getValue());
      findings.add(new Finding(model.name() + ": " + e.getKey(), error, allowed));
    }
  }

  private Map<String, double[]> reference(CheckModel model, Part part, DType arithmetic)
      throws IOException {
    try (Device reference = Device.over(Devices.byName("reference").open(1, 0), arithmetic)) {
      return part.run(new ModelRun(model, reference, type));
    }
  }

  private static double[] figure(Map<String, double[]> figures, Map.Entry<String, double[]> like) {
    return figures.getOrDefault(like.getKey(), new double[0]);
  }

  private static double error(double[] found, double[] expected) {
    double scale = 1e-30;
    double largest = found.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < expected.length && i < found.length; i++) {
      scale = Math.max(scale, Math.abs(expected[i]));
      double d = Math.abs(found[i] - expected[i]);
      largest = Math.max(largest, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
    }
    return largest / scale;
  }
}
