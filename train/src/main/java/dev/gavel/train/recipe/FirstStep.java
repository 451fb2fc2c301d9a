package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// The first step of a training on any device, for comparing devices: nothing is written.
public final class FirstStep {
  private FirstStep() {}

  /// What the step saw, and the gradients that it left.
  ///
  /// @param config its device is not looked at
  /// @return figures by TRL's names, and `gradient of NAME` for each parameter
  public static Map<String, double[]> on(Device device, TrainConfig config) throws IOException {
    PrintStream quiet = new PrintStream(OutputStream.nullOutputStream());
    ModelSource source = ModelSource.open(config);
    Map<String, double[]> figures = new LinkedHashMap<>();
    try (Recipe recipe = config.recipe(source, quiet);
        Llama model = source.load(device, Optional.empty())) {
      model.gradientCheckpointing(config.train().gradientCheckpointing());
      recipe.beginMeasuring(model);
      StepFigures step = recipe.learn(model, recipe.rows().plan().step(0));
      step.means().forEach((name, value) -> figures.put(name, new double[] {value}));
      for (Tensor p : model.parameters()) {
        Tensor g = p.grad();
        figures.put("gradient of " + p.name(), g == null ? new double[0] : g.toDoubles());
      }
    }
    return figures;
  }
}
