package dev.gavel.tensor.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Threads pack tiles in any order: whatever the order, each holds its rows afterwards.
class TiledRowsTest {
  @ParameterizedTest(name = "{0} rows of {1}")
  @CsvSource({"32, 32", "32, 33", "31, 7", "12, 40", "8, 8", "5, 16", "3, 9", "2, 24", "1, 5"})
  void tilesPackedFromTheLastToTheFirst(int m, int k) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = arena.allocate(4L * m * k);
      for (int i = 0; i < m * k; i++) {
        x.setAtIndex(ValueLayout.JAVA_FLOAT, i, i + 1);
      }
      TiledRows rows = new TiledRows();
      rows.set(m, k, x, 0, k);
      for (int tile = rows.tiles() - 1; tile >= 0; tile--) {
        rows.pack(tile);
      }
      for (int row = 0; row < m; row++) {
        int tile = row / TiledRows.TILE;
        int height = rows.height(tile);
        for (int p = 0; p < k; p++) {
          int at = rows.start(tile) + p * height + row % TiledRows.TILE;
          assertThat(rows.values()[at]).as("row %d, step %d", row, p).isEqualTo(row * k + p + 1);
        }
      }
    }
  }
}
