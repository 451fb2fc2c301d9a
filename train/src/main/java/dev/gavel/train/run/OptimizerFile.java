package dev.gavel.train.run;

import dev.gavel.llama.LlamaFiles;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import dev.gavel.tensor.optim.AdamW;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// `optimizer.safetensors`: AdamW's moments as `exp_avg.NAME` and `exp_avg_sq.NAME` (PyTorch's
/// words), its steps in the metadata, and, where weights are saved in fewer bits than they are
/// trained in, these as `master.NAME`.
public final class OptimizerFile {
  public static final String FILE = "optimizer.safetensors";

  private static final String MEAN = "exp_avg.";
  private static final String SQUARE = "exp_avg_sq.";
  private static final String MASTER = "master.";
  private static final long PIECE = 4 << 20;

  private OptimizerFile() {}

  /// @param weights the type that the model's weights are saved in
  public static void write(Path dir, AdamW optimizer, SafetensorsDType weights) throws IOException {
    try (Scope _ = Scope.open()) {
      List<TensorSource> sources = new ArrayList<>();
      for (AdamW.State s : optimizer.states()) {
        sources.add(source(MEAN, s.parameter, s.mean));
        sources.add(source(SQUARE, s.parameter, s.square));
        if (stored(s.master.dtype()) != weights) {
          sources.add(source(MASTER, s.parameter, s.master));
        }
      }
      Map<String, String> metadata =
          Map.of("format", "pt", "step", Integer.toString(optimizer.steps()));
      SafetensorsWriter.write(dir.resolve(FILE), sources, metadata);
    }
  }

  private static TensorSource source(String prefix, Tensor parameter, Tensor t) {
    Tensor named = t.view(t.shape()).named(prefix + parameter.name());
    return LlamaFiles.source(named, stored(t.dtype()));
  }

  private static SafetensorsDType stored(DType type) {
    return type == DType.F64 ? SafetensorsDType.F64 : SafetensorsDType.F32;
  }

  /// Sets moments, steps, and weights where the file has them.
  ///
  /// @throws FormatException when it is of another model
  public static void read(Path dir, AdamW optimizer) throws IOException {
    Path path = dir.resolve(FILE);
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      for (AdamW.State s : optimizer.states()) {
        read(file, MEAN + s.parameter.name(), s.mean);
        read(file, SQUARE + s.parameter.name(), s.square);
        if (file.has(MASTER + s.parameter.name())) {
          read(file, MASTER + s.parameter.name(), s.master);
          s.round();
        }
      }
      optimizer.restoreSteps(Integer.parseInt(file.metadata().getOrDefault("step", "0")));
    } catch (NumberFormatException e) {
      throw new FormatException(path + ": the metadata's 'step' is no number", e);
    }
  }

  private static void read(SafetensorsFile file, String name, Tensor into) throws IOException {
    TensorInfo info = file.has(name) ? file.tensor(name) : null;
    if (info == null || !info.toShape().equals(into.shape())) {
      throw new FormatException(
          "%s: tensor '%s' is %s, expected %s; the checkpoint is of another model"
              .formatted(
                  file.path(), name, info == null ? "missing" : info.toShape(), into.shape()));
    }
    if (info.dtype() != stored(into.dtype())) {
      throw new FormatException(
          "%s: tensor '%s' is %s, expected %s; resume with the --dtype of the run"
              .formatted(file.path(), name, info.dtype(), stored(into.dtype())));
    }
    int width = into.dtype().bytes();
    try (Scope _ = Scope.open();
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.clamp(info.bytes(), 1, PIECE), 64);
      Tensor flat = into.view(Shape.of(into.size()));
      for (long at = 0; at < info.bytes(); at += PIECE) {
        MemorySegment piece = buffer.asSlice(0, Math.min(PIECE, info.bytes() - at));
        file.read(info, at, piece);
        Tensor part = flat.rows(at / width, (at + piece.byteSize()) / width);
        into.device().backend().upload(piece, part);
      }
    }
  }
}
