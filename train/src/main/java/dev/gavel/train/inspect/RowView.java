package dev.gavel.train.inspect;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Looks at the rows of one kind: those of fine-tuning, pairs. Another kind is another of these and
/// a line in [DataInspection].
interface RowView {
  /// Whether a row is of this kind, by its keys.
  boolean takes(Row row);

  /// Its prompt, to be compared with those of other rows; null where it has none.
  @Nullable JsonNode prompt(Row row);

  /// @throws RowException when it is of this kind, and cannot be used
  void add(Row row) throws RowException, FormatException;

  /// What is to be said about the rows that came; nothing if none did.
  List<Finding> findings();
}
