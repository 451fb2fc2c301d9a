package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.COLUMNS;
import static dev.gavel.tensor.internal.vector.Lanes.ceil;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.MappedTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// A weight `W[n, k]` in the form in which products `x W^T` read it: packed once, bf16 stays bf16.
///
/// A panel holds [Lanes#COLUMNS] rows of W (columns of the product) in words of 32 bits: an f32, or
/// two bf16 that follow each other in a row, the first in the lower half. Word `t` of row `c` of a
/// panel lies at word `t * COLUMNS + c`, so that packing transposes words whatever the type, a
/// panel is one sequential stream, and a vector of words is a step (f32) or two steps (bf16) of k
/// for as many outputs. Rows that fill up the last panel, and the last half word of an odd k, are
/// zero.
///
/// Packing takes new memory for every byte, which is most of the time to a first token. So a weight
/// may begin as [#borrow]ed rows: each of its first products packs panel after panel where it has
/// just used the one before, and only a weight in steady use is packed for good. The bits are the
/// same.
///
/// Reading from several threads is safe; so is packing different rows.
public final class PackedMatrix implements RightOperand {
  private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /// Words of a row that are packed at once: a block of a panel that stays in L1.
  private static final int PACK_WORDS = 128;

  /// One for each thread that packs: a new one for each panel would be as much heap as an eighth of
  /// the weights, all of it touched for the first time.
  private static final ThreadLocal<float[]> BLOCKS =
      ThreadLocal.withInitial(() -> new float[PACK_WORDS * COLUMNS + Packing.SLACK]);

  private final int n;
  private final int k;
  private final DType type;
  private final int words;
  private final MemorySegment data;

  /// A slice for each panel, made once: a product would otherwise make, and the compiler not always
  /// remove, one for each panel it reads.
  private final MemorySegment[] panels;

  /// Where the rows lie, as long as they are not packed.
  private volatile @Nullable BorrowedRows borrowed;

  private PackedMatrix(int n, int k, DType type, int words, MemorySegment data) {
    this.n = n;
    this.k = k;
    this.type = type;
    this.words = words;
    this.data = data;
    int bytes = 4 * words * COLUMNS;
    panels = new MemorySegment[ceil(n, COLUMNS)];
    for (int i = 0; i < panels.length; i++) {
      panels[i] = data.asSlice((long) i * bytes, bytes);
    }
  }

  /// A matrix of zeros, to be filled by [#packRows], in memory that ends with `arena` (not a
  /// confined one: all workers read it).
  ///
  /// @param type F32 or BF16
  public static PackedMatrix allocate(Arena arena, int n, int k, DType type) {
    if (n < 1 || k < 1) {
      throw new IllegalArgumentException(
          "a packed matrix needs at least one row and column, got [%d, %d]".formatted(n, k));
    }
    int words =
        switch (type) {
          case F32 -> k;
          case BF16 -> ceil(k, 2);
          default ->
              throw new IllegalArgumentException(
                  "a packed matrix holds F32 or BF16, not " + type + "; convert it first");
        };
    if (8L * words * COLUMNS > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a packed matrix with rows of " + k + " is too wide");
    }
    long bytes = 4L * ceil(n, COLUMNS) * COLUMNS * words;
    return new PackedMatrix(n, k, type, words, NativeMemory.allocate(arena, bytes));
  }

  /// Rows of W: outputs of the product.
  public int n() {
    return n;
  }

  /// Columns of W: inputs of the product.
  public int k() {
    return k;
  }

  public DType type() {
    return type;
  }

  /// Bytes of memory that the matrix takes, and that a product reads.
  public long byteSize() {
    return data.byteSize();
  }

  /// Packs rows `first..first+count-1`. They lie one after the other in `source`, in the type of
  /// this matrix, as in a safetensors file; the source is not needed afterwards, so a large matrix
  /// can come in pieces through one buffer. Pieces that begin at a multiple of 32 rows, and end at
  /// one or at the last row, are packed fast.
  ///
  /// @param offset byte of the first row in `source`
  public void packRows(WorkerPool pool, MemorySegment source, long offset, int first, int count) {
    if (first < 0 || count < 0 || count > n - first) {
      throw new IllegalArgumentException(
          "packRows: rows %d to %d of a matrix of %d rows".formatted(first, first + count - 1, n));
    }
    long row = (long) k * type.bytes();
    if (offset < 0 || offset > source.byteSize() - count * row) {
      throw new IllegalArgumentException(
          "packRows: %d rows need %d bytes from byte %d, the source has %d"
              .formatted(count, count * row, offset, source.byteSize()));
    }
    if (count == 0) {
      return;
    }
    int firstPanel = first / COLUMNS;
    int end = first + count;
    pool.run(
        ceil(end, COLUMNS) - firstPanel,
        part -> {
          int from = Math.max(first, (firstPanel + part) * COLUMNS);
          int to = Math.min(end, (firstPanel + part + 1) * COLUMNS);
          packPanel(source, offset + (from - first) * row, from, to);
        });
  }

  private void packPanel(MemorySegment source, long at, int from, int to) {
    boolean whole = from % COLUMNS == 0 && (to % COLUMNS == 0 || to == n);
    if (!whole || !rowsAreWords()) {
      for (int row = from; row < to; row++, at += (long) k * type.bytes()) {
        packRow(source, at, row);
      }
      return;
    }
    packWords(source, at, to - from, panels[from / COLUMNS]);
  }

  /// Whether a row is a whole number of words.
  private boolean rowsAreWords() {
    return type == DType.F32 || k % 2 == 0;
  }

  /// The rows of a panel, `count` of them, transposed.
  private void packWords(MemorySegment source, long at, int count, MemorySegment panel) {
    float[] block = BLOCKS.get();
    for (int t = 0; t < words; t += PACK_WORDS) {
      int some = Math.min(PACK_WORDS, words - t);
      // As words of 32 bits: nothing calculates with them, so bf16 pairs pass as floats.
      Packing.lines(source, at + 4L * t, words, count, some, block, 0, COLUMNS);
      MemorySegment.copy(block, 0, panel, F32, 4L * t * COLUMNS, some * COLUMNS);
    }
  }

  /// Whether [#borrow] is better than [#packRows]: a matrix whose memory is not touched before it
  /// is packed, with rows that can be packed fast.
  boolean borrows() {
    return byteSize() >= HugePages.BYTES && HugePages.available() && rowsAreWords();
  }

  /// Takes all rows as they lie, instead of [#packRows].
  void borrow(MappedTensor rows) {
    long bytes = (long) n * k * type.bytes();
    if (rows.bytes().byteSize() != bytes) {
      throw new IllegalArgumentException(
          "borrow: [%d, %d] of %s has %d bytes, the rows have %d"
              .formatted(n, k, type, bytes, rows.bytes().byteSize()));
    }
    borrowed = new BorrowedRows(rows);
  }

  boolean isBorrowed() {
    return borrowed != null;
  }

  /// Whether the next product of few rows should still read the rows as they lie; others, and those
  /// of a weight in steady use, [#settle] first.
  boolean readsBorrowedRows() {
    BorrowedRows rows = borrowed;
    return rows != null && rows.again();
  }

  /// Packs what is borrowed.
  void settle(WorkerPool pool) {
    if (borrowed != null) {
      settleOnce(pool);
    }
  }

  private synchronized void settleOnce(WorkerPool pool) {
    BorrowedRows rows = borrowed;
    if (rows != null) {
      packRows(pool, rows.values(), 0, 0, n);
      borrowed = null;
      rows.release();
    }
  }

  /// One row word by word: rows that do not make a whole panel, or bf16 rows of an odd length.
  private void packRow(MemorySegment source, long at, int row) {
    for (int t = 0; t < words; t++) {
      long q = at + 4L * t;
      boolean half = type == DType.BF16 && 2 * t + 1 == k;
      data.set(I32, word(row, t), half ? source.get(I16, q) & 0xFFFF : source.get(I32, q));
    }
  }

  /// Byte of word `t` of a row.
  private long word(int row, int t) {
    int panel = row / COLUMNS;
    return 4 * ((long) panel * COLUMNS * words + (long) t * COLUMNS + row % COLUMNS);
  }

  /// Writes row `row` as `k` f32 values to `out` from byte `offset`: embeddings that share W with
  /// the output layer.
  public void gatherRow(int row, MemorySegment out, long offset) {
    if (row < 0 || row >= n) {
      throw new IllegalArgumentException("gatherRow: row %d of %d".formatted(row, n));
    }
    BorrowedRows rows = borrowed;
    if (rows != null) {
      rows.gather(row, k, type, out, offset);
      return;
    }
    long q = word(row, 0);
    if (type == DType.F32) {
      for (int p = 0; p < k; p++, q += 4 * COLUMNS) {
        out.set(I32, offset + 4L * p, data.get(I32, q));
      }
      return;
    }
    for (int p = 0; p + 1 < k; p += 2, q += 4 * COLUMNS) {
      int pair = data.get(I32, q);
      out.set(I32, offset + 4L * p, pair << 16);
      out.set(I32, offset + 4L * p + 4, pair & 0xFFFF0000);
    }
    if (k % 2 != 0) {
      out.set(I32, offset + 4L * (k - 1), data.get(I32, q) << 16);
    }
  }

  @Override
  public void pack(int k0, int kc, int j0, int nc, float[] dst, int o, int stride) {
    for (int j = 0; j < nc; j += COLUMNS, o += stride) {
      widen(j0 + j, k0, kc, dst, o);
    }
  }

  /// Steps `k0..k0+kc-1` (`k0` is even) of the panel that begins at row `row`, as f32; the end of k
  /// is filled up to whole [Lanes#STEPS] with zeros.
  void widen(int row, int k0, int kc, float[] dst, int o) {
    if (type == DType.BF16) {
      int words = ceil(kc, 2);
      Widen.pairs(panels[row / COLUMNS], 2 * k0 * COLUMNS, words, dst, o);
      Packing.pad(dst, o, COLUMNS, 2 * words, 0f);
    } else {
      MemorySegment.copy(data, F32, word(row, k0), dst, o, kc * COLUMNS);
      Packing.pad(dst, o, COLUMNS, kc, 0f);
    }
  }

  /// The words of a panel, in `room` (of [#panelBytes]) if they have to be packed for that.
  MemorySegment panel(int i, MemorySegment room) {
    BorrowedRows rows = borrowed;
    if (rows == null) {
      return panels[i];
    }
    int row = i * COLUMNS;
    packWords(rows.values(), 4L * row * words, Math.min(COLUMNS, n - row), room);
    return room;
  }

  /// Words of a row.
  int words() {
    return words;
  }

  int panels() {
    return panels.length;
  }

  /// Bytes of a panel.
  int panelBytes() {
    return 4 * words * COLUMNS;
  }
}
