package dev.gavel.train.data;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// The records of one file, one after the other, each as the bytes of a JSON object: lines and
/// arrays of JSON ([Pieces]), or a format that is read through a library ([ParquetRecords]).
interface RecordSource extends AutoCloseable {
  /// The next record; null at the end.
  Pieces.@Nullable Piece next() throws IOException;

  @Override
  void close() throws IOException;
}
