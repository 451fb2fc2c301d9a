package dev.gavel.train.recipe;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorSource;
import dev.gavel.train.data.TokenizedPair;
import dev.gavel.train.model.Fingerprint;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `reference_logps.safetensors` of a run folder: log-probabilities that are computed once, under a
/// fingerprint of all that they depend on: the reference's weights, every token of every row, and
/// the type of the arithmetic.
final class ReferenceFile {
  static final String NAME = "reference_logps.safetensors";
  private static final String TENSOR = "ref_logps";

  private final Path path;
  private final String fingerprint;
  private final int pairs;

  private ReferenceFile(Path path, String fingerprint, int pairs) {
    this.path = path;
    this.fingerprint = fingerprint;
    this.pairs = pairs;
  }

  static ReferenceFile of(
      DpoConfig config, ModelSource source, RunRows<TokenizedPair> rows, Path folder)
      throws IOException {
    Fingerprint.Builder all = Fingerprint.builder();
    all.add(source.referenceFingerprint(config.preference().refModel()));
    all.add(config.model().choose().arithmetic().toString());
    all.add(config.model().choose().provider().device());
    for (List<TokenizedPair> set : List.of(rows.rows(), rows.evalRows())) {
      for (TokenizedPair pair : set) {
        all.add(pair.chosen().ids()).add(pair.chosen().labels());
        all.add(pair.rejected().ids()).add(pair.rejected().labels());
      }
    }
    int pairs = rows.rows().size() + rows.evalRows().size();
    return new ReferenceFile(folder.resolve(NAME), all.build(), pairs);
  }

  /// What the folder has; null where it has nothing, or that of other weights or rows.
  ///
  /// @return chosen and rejected in turn
  double @Nullable [] read(PrintStream err) throws IOException {
    if (!Files.exists(path)) {
      return null;
    }
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      boolean same =
          fingerprint.equals(file.metadata().get("fingerprint"))
              && file.has(TENSOR)
              && file.tensor(TENSOR).dtype() == SafetensorsDType.F64
              && file.tensor(TENSOR).elements() == 2L * pairs;
      if (!same) {
        err.println("note: " + path + " is of another reference or other rows; computed again");
        return null;
      }
      return file.bytes(TENSOR).toArray(ValueLayout.JAVA_DOUBLE_UNALIGNED);
    }
  }

  void write(double[] sums) throws IOException {
    MemorySegment all = MemorySegment.ofArray(Arrays.copyOf(sums, sums.length));
    TensorSource source =
        new TensorSource(
            TENSOR,
            SafetensorsDType.F64,
            Shape.of(pairs, 2),
            (offset, into) -> into.copyFrom(all.asSlice(offset, into.byteSize())));
    SafetensorsWriter.write(path, List.of(source), Map.of("fingerprint", fingerprint));
  }
}
