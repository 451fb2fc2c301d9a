package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/// Reads Parquet through DuckDB's JDBC driver, which the user puts on the class path: nothing else
/// needs it. Each row comes as the JSON that DuckDB writes for it: lists and structs as arrays and
/// objects, nulls as null, times and bytes as texts. A NaN or an infinity makes its row one that
/// cannot be read.
///
/// Only `java.sql` is named here, and only [Parquet] loads this class, so that a Java without that
/// module runs everything else.
final class ParquetRecords implements RecordSource {
  private static final String URL = "jdbc:duckdb:"; // a database in memory

  /// Folders named `x=1` are no columns of the file.
  private static final String QUERY =
      "SELECT CAST(to_json(t) AS VARCHAR) FROM read_parquet(?, hive_partitioning = false) t";

  private final Path file;
  private final Connection connection;
  private final PreparedStatement statement;
  private final ResultSet rows;
  private int number;

  private ParquetRecords(
      Path file, Connection connection, PreparedStatement statement, ResultSet rows) {
    this.file = file;
    this.connection = connection;
    this.statement = statement;
    this.rows = rows;
  }

  /// @throws FormatException when the driver is not there or the file is damaged
  static ParquetRecords open(Path file) throws IOException {
    return open(file, URL);
  }

  static ParquetRecords open(Path file, String url) throws IOException {
    Properties settings = new Properties();
    settings.setProperty("jdbc_stream_results", "true");
    settings.setProperty("threads", "1"); // the order of the file, and little memory
    Connection connection;
    try {
      connection = DriverManager.getConnection(url, settings);
    } catch (SQLException e) {
      throw noDriver(e)
          ? new FormatException(file + ": " + Parquet.HOW_TO_GET_IT, e)
          : new FormatException(file + ": DuckDB does not start: " + firstLine(e), e);
    }
    PreparedStatement statement = null;
    try {
      statement = connection.prepareStatement(QUERY);
      statement.setString(1, literal(file));
      return new ParquetRecords(file, connection, statement, statement.executeQuery());
    } catch (SQLException e) {
      FormatException failed = failed(file, e);
      closeAll(failed, statement, connection);
      throw failed;
    }
  }

  /// DuckDB takes a name as a pattern.
  private static String literal(Path file) {
    return file.toString().replaceAll("[\\[*?]", "[$0]");
  }

  /// What [DriverManager] says: no driver knows such a URL.
  private static boolean noDriver(SQLException e) {
    return "08001".equals(e.getSQLState());
  }

  private static FormatException failed(Path file, SQLException e) {
    return new FormatException(file + ": cannot be read as Parquet: " + firstLine(e), e);
  }

  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  @Override
  public Pieces.@Nullable Piece next() throws IOException {
    try {
      if (!rows.next()) {
        return null;
      }
      byte[] json = rows.getString(1).getBytes(StandardCharsets.UTF_8);
      return new Pieces.Piece(++number, true, json, null);
    } catch (SQLException e) {
      throw failed(file, e);
    }
  }

  @Override
  public void close() throws IOException {
    FormatException failed = new FormatException(file + ": cannot be closed");
    if (closeAll(failed, rows, statement, connection)) {
      throw failed;
    }
  }

  /// @return whether something went wrong; `failed` has it then
  private static boolean closeAll(FormatException failed, @Nullable AutoCloseable... things) {
    int before = failed.getSuppressed().length;
    for (AutoCloseable thing : things) {
      try {
        if (thing != null) {
          thing.close();
        }
      } catch (Exception e) {
        failed.addSuppressed(e);
      }
    }
    return failed.getSuppressed().length > before;
  }
}
