package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/// Weights at the end of a run against figures of the reference's: sum, norm, dot product with
/// cos(index), first values.
final class FinalParameters {
  private FinalParameters() {}

  static void compare(Path folder, JsonNode wanted, double tolerance) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(folder.resolve("model.safetensors"))) {
      for (String name : wanted.propertyNames()) {
        double[] x = doubles(file, name);
        JsonNode w = wanted.get(name);
        double sum = 0;
        double squares = 0;
        double dot = 0;
        for (int i = 0; i < x.length; i++) {
          sum += x[i];
          squares += x[i] * x[i];
          dot += x[i] * Math.cos(i);
        }
        close(name + " sum", sum, w.get("sum").asDouble(), tolerance);
        close(name + " l2", Math.sqrt(squares), w.get("l2").asDouble(), tolerance);
        close(name + " dot", dot, w.get("dot_cos_index").asDouble(), tolerance);
        for (int i = 0; i < w.get("first").size(); i++) {
          close(name + "[" + i + "]", x[i], w.get("first").get(i).asDouble(), tolerance);
        }
      }
    }
  }

  private static void close(String what, double x, double y, double tolerance) {
    assertThat(Math.abs(x - y) / (1 + Math.abs(y)))
        .as("%s: %s, expected %s", what, x, y)
        .isLessThanOrEqualTo(tolerance);
  }

  static double[] doubles(SafetensorsFile file, String name) throws FormatException {
    return switch (file.tensor(name).dtype()) {
      case F64 -> file.bytes(name).toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
      case F32 -> {
        float[] f = file.bytes(name).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        double[] d = new double[f.length];
        for (int i = 0; i < d.length; i++) {
          d[i] = f[i];
        }
        yield d;
      }
      default -> throw new FormatException(name + " is no float tensor");
    };
  }
}
