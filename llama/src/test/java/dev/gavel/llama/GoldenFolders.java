package dev.gavel.llama;

import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/// Opens golden checkpoints and results.
public final class GoldenFolders {
  private GoldenFolders() {}

  public static Llama load(Path folder, Device device, boolean trainable) throws IOException {
    try (ModelFolder files = ModelFolder.open(folder)) {
      FolderWeights weights = new FolderWeights(files);
      return trainable
          ? Llama.trainable(files.config(), device, weights, 2)
          : Llama.atRest(files.config(), device, weights, 2);
    }
  }

  /// A float or double tensor of a results file.
  static double[] doubles(SafetensorsFile file, String name) throws FormatException {
    MemorySegment bytes = file.bytes(name);
    return switch (file.tensor(name).dtype()) {
      case F64 -> bytes.toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
      case F32 -> {
        float[] f = bytes.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
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
