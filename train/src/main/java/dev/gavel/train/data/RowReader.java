package dev.gavel.train.data;

import dev.gavel.tensor.FormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the rows of a call, one after the other, from files or standard input: JSON objects, one
/// per line or as the elements of an array; packed with gzip or not (told by the first bytes, not
/// by the name). Blank lines do not count; a byte order mark at the start is skipped; the last line
/// needs no line feed. Lines may be as long as an array of the JVM (2 GB). Files of Parquet are
/// told by their first bytes too and need a jar ([ParquetRecords]); their rows count as elements.
///
/// A row that cannot be read comes as a [BadRow] and the next one follows; only failures of a whole
/// source are thrown, with its name.
public final class RowReader implements AutoCloseable {
  private static final int GZIP_MAGIC = 2;
  private static final int GZIP_MAGIC_1 = 0x1f;
  private static final int GZIP_MAGIC_2 = 0x8b;
  private static final int MOST_MAGIC = 4;

  private final List<Path> files;
  private final InputStream standardInput;
  private final Runnable beforeWaiting;
  private final RowIds ids = new RowIds();
  private @Nullable RecordSource records;
  private String source = "standard input";
  private int nextFile;
  private int count;
  private byte[] bytes = {};

  private RowReader(List<Path> files, InputStream standardInput, Runnable beforeWaiting) {
    this.files = files;
    this.standardInput = standardInput;
    this.beforeWaiting = beforeWaiting;
  }

  /// @param files read in this order; empty: standard input
  /// @param beforeWaiting runs before each read that may block (to show results to someone who
  ///   waits for them before writing on)
  /// @throws FormatException when one of the files is missing or a folder; nothing is read then
  public static RowReader open(List<Path> files, InputStream standardInput, Runnable beforeWaiting)
      throws IOException {
    requireFiles(files);
    return new RowReader(List.copyOf(files), standardInput, beforeWaiting);
  }

  /// @throws FormatException when one of the files is missing or a folder
  public static void requireFiles(List<Path> files) throws FormatException {
    for (Path file : files) {
      if (!Files.exists(file)) {
        throw new FormatException(file + ": no such file");
      }
      if (Files.isDirectory(file)) {
        throw new FormatException(file + ": is a folder; expected a file of JSON rows");
      }
    }
  }

  /// The next row, good or bad; null after the last one.
  public @Nullable Item next() throws IOException {
    while (true) {
      RecordSource open = records != null ? records : openNext();
      if (open == null) {
        return null;
      }
      Pieces.Piece piece = nextPiece(open);
      if (piece != null) {
        return item(piece);
      }
      open.close();
      records = null;
    }
  }

  /// The row that came last, on one line, as it was read: the bytes of its line without the line
  /// feed, or of its element, where line breaks between values become spaces.
  public byte[] line() {
    byte[] line = bytes.clone();
    for (int i = 0; i < line.length; i++) {
      boolean isBreak = line[i] == '\n' || (line[i] == '\r' && i < line.length - 1);
      line[i] = isBreak ? (byte) ' ' : line[i]; // JSON has none inside a text
    }
    return line;
  }

  /// The rows that came so far.
  public int count() {
    return count;
  }

  private @Nullable RecordSource openNext() throws IOException {
    boolean fromInput = files.isEmpty();
    if (nextFile == (fromInput ? 1 : files.size())) {
      return null;
    }
    InputStream in = standardInput;
    if (!fromInput) {
      source = files.get(nextFile).toString();
      in = Files.newInputStream(files.get(nextFile));
    }
    nextFile++;
    try {
      RecordSource opened = opened(in, fromInput ? null : files.get(nextFile - 1));
      records = opened;
      return opened;
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private RecordSource opened(InputStream in, @Nullable Path file) throws IOException {
    beforeWaiting.run();
    byte[] start = new byte[MOST_MAGIC];
    int n = in.readNBytes(start, 0, GZIP_MAGIC);
    boolean gzip = n == 2 && (start[0] & 0xff) == GZIP_MAGIC_1 && (start[1] & 0xff) == GZIP_MAGIC_2;
    if (!gzip && n == GZIP_MAGIC && start[0] == 'P') { // no JSON begins so
      n += in.readNBytes(start, n, MOST_MAGIC - n);
      if (Parquet.begins(start)) {
        in.close();
        return parquet(file);
      }
    }
    PushbackInputStream whole = new PushbackInputStream(in, MOST_MAGIC);
    whole.unread(start, 0, n);
    InputStream unpacked = gzip ? new GZIPInputStream(whole, 1 << 16) : whole;
    return new Pieces(new Bytes(unpacked, beforeWaiting));
  }

  private RecordSource parquet(@Nullable Path file) throws IOException {
    if (file == null) {
      throw new FormatException(source + ": Parquet can only be read from a file, not from a pipe");
    }
    return Parquet.open(file);
  }

  private Pieces.@Nullable Piece nextPiece(RecordSource from) throws IOException {
    try {
      return from.next();
    } catch (FormatException e) {
      throw e;
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private FormatException failed(IOException e) {
    String what =
        switch (e) {
          case EOFException _ -> "the gzip data ends too early; the file is incomplete";
          case ZipException _ -> "the gzip data is damaged: " + e.getMessage();
          default -> "cannot be read: " + e.getMessage();
        };
    return new FormatException(source + ": " + what, e);
  }

  private Item item(Pieces.Piece piece) {
    Place place = new Place(source, piece.number(), piece.element());
    bytes = piece.bytes();
    int number = count++;
    ids.place(number, place);
    JsonNode id = null;
    try {
      if (piece.error() != null) {
        throw new RowException(piece.error());
      }
      String text = RowParser.decode(piece.bytes());
      ObjectNode json = RowParser.object(text);
      JsonNode given = json.get("id");
      given = given == null || given.isNull() ? null : given; // tables without ids export nulls
      id = given == null ? null : RowParser.id(given, text);
      Place before = ids.take(given == null ? null : RowParser.identity(given), number);
      if (before != null) {
        throw new RowException(duplicate(id, number, before, place));
      }
      return new Row(number, place, id, json);
    } catch (RowException e) {
      return new BadRow(number, place, id, String.valueOf(e.getMessage()));
    }
  }

  private static String duplicate(@Nullable JsonNode id, int number, Place before, Place place) {
    return id == null
        ? "the row has no 'id', and its number %d is the id of %s; this is %s"
            .formatted(number, before, place)
        : "duplicate id %s: %s and %s".formatted(id, before, place);
  }

  @Override
  public void close() throws IOException {
    if (records != null) {
      records.close();
    }
  }
}
