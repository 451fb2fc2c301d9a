package dev.gavel.llama;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.MappedTensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// Where weights come from: files, or a random generator. Safe for several threads.
public interface WeightSource {
  /// Takes some rows of a weight.
  interface Rows {
    /// @param piece `count` rows of the weight's type, readable by every thread, valid during the
    ///   call
    void accept(MemorySegment piece, long firstRow, long count) throws IOException;
  }

  /// Whether there is such a weight; a source that cannot say has all.
  default boolean has(String name) {
    return true;
  }

  /// The type of the values handed out: f64, f32 or bf16.
  DType type(String name);

  /// Hands out a weight in pieces.
  ///
  /// @param rows of a matrix; a vector has one row
  /// @throws FormatException naming file and tensor
  void read(String name, long rows, long columns, Rows to) throws IOException;

  /// A weight as it lies, if it lies in a file in the type that it is handed out in.
  ///
  /// @throws FormatException naming file and tensor
  default Optional<MappedTensor> lend(String name) throws IOException {
    return Optional.empty();
  }
}
