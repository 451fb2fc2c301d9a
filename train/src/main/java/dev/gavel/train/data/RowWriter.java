package dev.gavel.train.data;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Writes results as JSON lines in UTF-8: one line per row, the row's id first, or in the place of
/// a bad row `{"error":…,"line":…}`. Another thread may flush it at any time.
public final class RowWriter {
  private static final int CAPACITY = 1 << 16;

  private final OutputStream out;
  private final boolean severalFiles;
  private byte[] buffer = new byte[CAPACITY];
  private int filled;
  private int bad;
  private String firstBad = "";

  RowWriter(OutputStream out, boolean severalFiles) {
    this.out = out;
    this.severalFiles = severalFiles;
  }

  /// The result of a row.
  ///
  /// @param result without the id
  public synchronized void write(Row row, ObjectNode result) throws IOException {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.set("id", row.id());
    line.setAll(result);
    writeLine(line);
  }

  /// What stands for a bad row.
  public synchronized void write(BadRow row) throws IOException {
    if (bad++ == 0) {
      firstBad = row.place() + ": " + row.error();
    }
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("error", row.error());
    line.put("line", row.place().number());
    if (row.id() != null) {
      line.set("id", row.id());
    }
    if (severalFiles) {
      line.put("file", row.place().source());
    }
    writeLine(line);
  }

  /// A line as it is, for commands whose input is not rows.
  public synchronized void writeLine(ObjectNode line) throws IOException {
    byte[] bytes = (Json.write(line) + "\n").getBytes(StandardCharsets.UTF_8);
    if (filled + bytes.length > buffer.length) {
      flush();
      buffer = bytes.length > buffer.length ? Arrays.copyOf(bytes, bytes.length) : buffer;
    }
    System.arraycopy(bytes, 0, buffer, filled, bytes.length);
    filled += bytes.length;
  }

  /// Hands on what was written so far.
  public synchronized void flush() throws IOException {
    out.write(buffer, 0, filled);
    filled = 0;
    out.flush();
  }

  /// How many bad rows were written.
  public int bad() {
    return bad;
  }

  /// Place and error of the first one; empty without any.
  public String firstBad() {
    return firstBad;
  }
}
