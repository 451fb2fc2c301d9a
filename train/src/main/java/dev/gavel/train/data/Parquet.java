package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Files of Parquet, and whether there is what reads them.
final class Parquet {
  static final String HOW_TO_GET_IT =
      "Parquet is read through DuckDB's JDBC driver, which is not on the class path: get"
          + " duckdb_jdbc.jar (Maven: org.duckdb:duckdb_jdbc) and put GAVEL_CLASSPATH=duckdb_jdbc.jar"
          + " before the command, or write the rows as JSON lines";

  private Parquet() {}

  /// Whether a file of which these are the first bytes is Parquet.
  static boolean begins(byte[] start) {
    return new String(start, StandardCharsets.ISO_8859_1).equals("PAR1");
  }

  /// @throws FormatException when the driver, or the module that it needs, is not there, or the
  ///   file is damaged
  static RecordSource open(Path file) throws IOException {
    if (ModuleLayer.boot().findModule("java.sql").isEmpty()) { // before any class names it
      throw new FormatException(file + ": " + HOW_TO_GET_IT);
    }
    return ParquetRecords.open(file);
  }
}
