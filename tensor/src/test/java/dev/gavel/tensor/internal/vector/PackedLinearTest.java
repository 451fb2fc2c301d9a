package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.MappedTensor;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Bits of [PackedLinear] against [Gemm] on the widened weights, whose own bits [GemmTest] proves.
final class PackedLinearTest {
  private static final int[] ROWS = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50, 97};

  private static final WorkerPool ONE = new WorkerPool(1);
  private static final WorkerPool FOUR = new WorkerPool(4);

  @TempDir Path dir;

  @AfterAll
  static void close() {
    ONE.close();
    FOUR.close();
  }

  @ParameterizedTest
  @CsvSource({
    "BF16, 1, 1",
    "BF16, 31, 7",
    "BF16, 32, 8",
    "BF16, 33, 64",
    "BF16, 97, 131",
    "BF16, 130, 258",
    "BF16, 700, 300",
    "BF16, 96, 1026",
    "F32, 1, 1",
    "F32, 33, 7",
    "F32, 97, 131",
    "F32, 160, 514",
    "F32, 700, 300"
  })
  void everyNumberOfRowsGivesTheBitsOfGemm(DType type, int n, int k) {
    Weights weights = new Weights(type, n, k);
    try (Arena arena = Arena.ofShared()) {
      PackedMatrix w = PackedMatrix.allocate(arena, n, k, type);
      w.packRows(FOUR, weights.rows, 0, 0, n);
      for (int m : ROWS) {
        for (boolean accumulate : new boolean[] {false, true}) {
          int gap = m % 3;
          Random random = new Random(m);
          MemorySegment x = Bits.random(random, 1 + m * (k + gap));
          MemorySegment y = Bits.random(random, 2 + m * (n + gap));
          MemorySegment z = Bits.random(random, 2 + m * (n + gap));
          z.copyFrom(y);
          new Gemm(ONE)
              .gemm(
                  false,
                  true,
                  m,
                  n,
                  k,
                  x,
                  4,
                  k + gap,
                  weights.widened,
                  0,
                  k,
                  z,
                  8,
                  n + gap,
                  accumulate);
          float[] expected = Bits.array(z);
          for (WorkerPool pool : new WorkerPool[] {ONE, FOUR}) {
            MemorySegment found = Arena.ofAuto().allocate(y.byteSize(), 64).copyFrom(y);
            new PackedLinear(pool).apply(w, m, x, 4, k + gap, found, 8, n + gap, accumulate);
            int rows = m;
            Bits.assertEqual(
                () -> "%s [%d, %d] x %d rows".formatted(type, n, k, rows), found, expected);
          }
        }
      }
    }
  }

  /// Infinite weights stay infinite: what fills up the last steps of k is not what stood there for
  /// the block before.
  @Test
  void infinitiesAreNotRepeatedAtTheEnd() {
    int n = 33;
    int k = 258;
    Weights weights = new Weights(DType.BF16, n, k);
    for (int row = 0; row < n; row++) {
      weights.set(row * k + 2, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
      weights.set(row * k + 3, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
    }
    try (Arena arena = Arena.ofShared()) {
      PackedMatrix w = PackedMatrix.allocate(arena, n, k, DType.BF16);
      w.packRows(ONE, weights.rows, 0, 0, n);
      for (int m : ROWS) {
        MemorySegment x = NativeMemory.allocate(arena, 4L * m * k);
        Bits.fill(x, 0.5f);
        MemorySegment y = NativeMemory.allocate(arena, 4L * m * n);
        new PackedLinear(ONE).apply(w, m, x, 0, k, y, 0, n, false);
        assertThat(Bits.array(y)).as("%d rows", m).containsOnly(Float.POSITIVE_INFINITY);
      }
    }
  }

  /// Nor is it what a deeper product left there.
  @Test
  void infinitiesOfAnotherProductAreForgotten() {
    int n = 33;
    int m = 50;
    Weights deeper = new Weights(DType.BF16, n, 260);
    for (int row = 0; row < n; row++) {
      deeper.set(row * 260 + 258, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
      deeper.set(row * 260 + 259, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));
    }
    PackedLinear linear = new PackedLinear(ONE);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment x = NativeMemory.allocate(arena, 4L * m * 260);
      Bits.fill(x, 0.5f);
      MemorySegment y = NativeMemory.allocate(arena, 4L * m * n);
      for (Weights weights : List.of(deeper, new Weights(DType.BF16, n, 258))) {
        PackedMatrix w = PackedMatrix.allocate(arena, n, weights.k, DType.BF16);
        w.packRows(ONE, weights.rows, 0, 0, n);
        linear.apply(w, m, x, 0, weights.k, y, 0, n, false);
      }
      for (float value : Bits.array(y)) {
        assertThat(value).isFinite();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void piecesOfAnySizeGiveTheSameMatrix(DType type) {
    for (int k : new int[] {5, 64, 300}) {
      int n = 150;
      Weights weights = new Weights(type, n, k);
      try (Arena arena = Arena.ofShared()) {
        for (int piece : new int[] {1, 7, 32, 64, 100, n}) {
          PackedMatrix w = PackedMatrix.allocate(arena, n, k, type);
          for (int first = 0; first < n; first += piece) {
            int count = Math.min(piece, n - first);
            w.packRows(FOUR, weights.rows, (long) first * k * type.bytes(), first, count);
          }
          weights.assertSame(w);
        }
      }
    }
  }

  /// Signalling NaN, infinities, subnormals and zeros of both signs keep their bits.
  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"F32", "BF16"})
  void everyPatternOfBitsSurvivesPacking(DType type) {
    int n = 64;
    int k = 1024;
    Weights weights = new Weights(type, n, k);
    for (int i = 0; i < n * k; i++) {
      weights.set(i, type == DType.BF16 ? i << 16 : i * 0x9E3779B9);
    }
    try (Arena arena = Arena.ofShared()) {
      PackedMatrix w = PackedMatrix.allocate(arena, n, k, type);
      w.packRows(ONE, weights.rows, 0, 0, n);
      weights.assertSame(w);
    }
  }

  /// A weight too large to be touched before it is needed: whoever uses it, and when it is packed,
  /// changes nothing.
  @ParameterizedTest
  @CsvSource({"BF16, 1101, 1030", "F32, 1101, 515"})
  void borrowedRowsGiveTheBitsOfPackedOnes(DType type, int n, int k) throws Exception {
    Weights weights = new Weights(type, n, k);
    try (Arena arena = Arena.ofShared();
        ExecutorService callers = Executors.newFixedThreadPool(3)) {
      PackedMatrix packed = PackedMatrix.allocate(arena, n, k, type);
      packed.packRows(FOUR, weights.rows, 0, 0, n);
      PackedLinear linear = new PackedLinear(FOUR);
      for (int first : new int[] {1, 2, 3, 17, 33}) {
        PackedMatrix w = PackedMatrix.allocate(arena, n, k, type);
        assertThat(w.borrows()).isEqualTo(HugePages.available());
        w.borrow(weights.mapped(dir));
        weights.assertSame(w);
        List<Future<?>> calls = new ArrayList<>();
        for (int i = 0; i < 2 * BorrowedRows.USES; i++) {
          int m = i == 0 ? first : 1 + i % 3;
          calls.add(callers.submit(() -> assertSameProduct(linear, w, packed, m)));
        }
        for (Future<?> call : calls) {
          call.get();
        }
        assertThat(w.isBorrowed()).isFalse();
        weights.assertSame(w);
      }
    }
  }

  private static void assertSameProduct(
      PackedLinear linear, PackedMatrix w, PackedMatrix packed, int m) {
    MemorySegment x = Bits.random(new Random(m), m * w.k());
    MemorySegment found = Bits.random(new Random(7), m * w.n());
    MemorySegment expected = Bits.random(new Random(8), m * w.n());
    linear.apply(w, m, x, 0, w.k(), found, 0, w.n(), false);
    linear.apply(packed, m, x, 0, w.k(), expected, 0, w.n(), false);
    Bits.assertEqual(() -> m + " rows", found, Bits.array(expected));
  }

  @Test
  void onlyProductsOfAFewRowsReadBorrowedRows() throws IOException {
    Weights weights = new Weights(DType.BF16, 1101, 1030);
    try (Arena arena = Arena.ofShared()) {
      PackedLinear linear = new PackedLinear(ONE);
      MemorySegment x = NativeMemory.allocate(arena, 4 * 33 * 1030);
      MemorySegment y = NativeMemory.allocate(arena, 4 * 33 * 1101);
      PackedMatrix w = PackedMatrix.allocate(arena, 1101, 1030, DType.BF16);
      MappedTensor rows = weights.mapped(dir);
      w.borrow(rows);
      for (int i = 0; i < BorrowedRows.USES; i++) {
        linear.apply(w, 1, x, 0, 1030, y, 0, 1101, false);
      }
      assertThat(w.isBorrowed()).isTrue();
      linear.apply(w, 1, x, 0, 1030, y, 0, 1101, false);
      assertThat(w.isBorrowed()).isFalse();
      PackedMatrix other = PackedMatrix.allocate(arena, 1101, 1030, DType.BF16);
      other.borrow(rows);
      linear.apply(other, 33, x, 0, 1030, y, 0, 1101, false);
      assertThat(other.isBorrowed()).isFalse();
      assertThat(PackedMatrix.allocate(arena, 1101, 1031, DType.BF16).borrows()).isFalse();
      assertThat(PackedMatrix.allocate(arena, 97, 1030, DType.BF16).borrows()).isFalse();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PackedMatrix.allocate(arena, 1102, 1030, DType.BF16).borrow(rows))
          .withMessageContaining("has 2270120 bytes, the rows have 2268060");
    }
  }

  @Test
  void badArgumentsAreRefused() {
    try (Arena arena = Arena.ofShared()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PackedMatrix.allocate(arena, 4, 4, DType.F64))
          .withMessage("a packed matrix holds F32 or BF16, not F64; convert it first");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PackedMatrix.allocate(arena, 0, 4, DType.F32));
      PackedMatrix w = PackedMatrix.allocate(arena, 40, 8, DType.BF16);
      assertThat(w.byteSize()).isGreaterThanOrEqualTo(40 * 8 * 2);
      MemorySegment s = NativeMemory.allocate(arena, 160);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> w.packRows(ONE, s, 0, 30, 11))
          .withMessage("packRows: rows 30 to 40 of a matrix of 40 rows");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> w.packRows(ONE, s, 8, 0, 10))
          .withMessage("packRows: 10 rows need 160 bytes from byte 8, the source has 160");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> w.gatherRow(40, s, 0))
          .withMessage("gatherRow: row 40 of 40");
      PackedLinear linear = new PackedLinear(ONE);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> linear.apply(w, 6, s, 0, 8, s, 0, 40, false))
          .withMessage("product: x[6, 8] needs 192 bytes from byte 0, its segment has 160");
    }
  }

  @Tag("alone")
  @Test
  void aWarmCallAllocatesNothing() {
    PackedLinear linear = new PackedLinear(ONE);
    try (Arena arena = Arena.ofShared()) {
      PackedMatrix[] matrices = new PackedMatrix[2];
      for (DType type : new DType[] {DType.BF16, DType.F32}) {
        PackedMatrix w = PackedMatrix.allocate(arena, 97, 132, type);
        w.packRows(ONE, new Weights(type, 97, 132).rows, 0, 0, 97);
        matrices[type == DType.F32 ? 1 : 0] = w;
      }
      MemorySegment x = NativeMemory.allocate(arena, 4 * 40 * 132);
      MemorySegment y = NativeMemory.allocate(arena, 4 * 40 * 97);
      int[] rows = {1, 2, 4, 16, 40};
      Allocation.assertEndsWithout(() -> {
        for (PackedMatrix w : matrices) {
          for (int m : rows) {
            linear.apply(w, m, x, 0, 132, y, 0, 97, m == 2);
          }
        }
      });
    }
  }

  /// Random weights as a file holds them, and as f32.
  private static final class Weights {
    private final DType type;
    private final int n;
    private final int k;
    private final MemorySegment rows;
    private final MemorySegment widened;

    Weights(DType type, int n, int k) {
      this.type = type;
      this.n = n;
      this.k = k;
      rows = NativeMemory.allocate(Arena.ofAuto(), (long) n * k * type.bytes());
      widened = NativeMemory.allocate(Arena.ofAuto(), 4L * n * k);
      Random random = new Random(n + k);
      for (int i = 0; i < n * k; i++) {
        set(i, Float.floatToRawIntBits(random.nextFloat(-1, 1)));
      }
    }

    void set(int i, int bits) {
      if (type == DType.BF16) {
        rows.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> 16));
        widened.setAtIndex(ValueLayout.JAVA_INT, i, bits & 0xFFFF0000);
      } else {
        rows.setAtIndex(ValueLayout.JAVA_INT, i, bits);
        widened.setAtIndex(ValueLayout.JAVA_INT, i, bits);
      }
    }

    MappedTensor mapped(Path dir) throws IOException {
      Path file = dir.resolve("w.safetensors");
      SafetensorsDType stored = SafetensorsDType.valueOf(type.name());
      TensorSource source =
          new TensorSource(
              "w",
              stored,
              Shape.of(n, k),
              (offset, into) -> into.copyFrom(rows.asSlice(offset, into.byteSize())));
      SafetensorsWriter.write(file, List.of(source), Map.of());
      try (SafetensorsFile written = SafetensorsFile.open(file)) {
        return written.map(written.tensor("w"));
      }
    }

    void assertSame(PackedMatrix w) {
      MemorySegment row = NativeMemory.allocate(Arena.ofAuto(), 4L + 4 * k);
      for (int i = 0; i < n; i++) {
        w.gatherRow(i, row, 4);
        assertThat(row.asSlice(4).mismatch(widened.asSlice(4L * i * k, 4L * k)))
            .as("row %d of [%d, %d] %s", i, n, k, type)
            .isEqualTo(-1);
      }
    }
  }
}
