package dev.gavel.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.FormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/// Files that pyarrow wrote, against what pyarrow reads out of them (`golden/parquet/make.py`).
class ParquetTest {
  private static final Path GOLDEN = Path.of("src/test/golden/parquet");

  @TempDir Path dir;

  private static List<Item> items(InputStream input, Path... files) throws IOException {
    List<Item> items = new ArrayList<>();
    try (RowReader reader = RowReader.open(List.of(files), input, () -> {})) {
      for (Item item = reader.next(); item != null; item = reader.next()) {
        items.add(item);
      }
    }
    return items;
  }

  private static List<Item> items(Path... files) throws IOException {
    return items(InputStream.nullInputStream(), files);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ultrafeedback_binarized", "ultrainteract", "rewardbench", "types"})
  void rowsAreThoseThatPyarrowReads(String name) throws IOException {
    List<Item> found = items(GOLDEN.resolve(name + ".parquet"));
    List<Item> expected = items(GOLDEN.resolve(name + ".jsonl"));
    assertThat(found).hasSameSizeAs(expected).hasSizeGreaterThan(3);
    for (int i = 0; i < found.size(); i++) {
      JsonNode json = ((Row) found.get(i)).json();
      assertThat(json.toString()).isEqualTo(((Row) expected.get(i)).json().toString());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ultrafeedback_binarized", "ultrainteract", "rewardbench"})
  void rowsArePairs(String name) throws IOException, RowException {
    PairParser parser = new PairParser(null, 0);
    for (Item item : items(GOLDEN.resolve(name + ".parquet"))) {
      Pair pair = parser.parse((Row) item);
      assertThat(pair.decided()).isTrue();
      assertThat(pair.answers()).isInstanceOf(Pair.Talks.class);
    }
  }

  @Test
  void rowsHaveTheirPlaceAndFollowOtherFiles() throws IOException {
    Path pairs = GOLDEN.resolve("rewardbench.parquet");
    List<Item> items = items(GOLDEN.resolve("ultrainteract.jsonl"), pairs);
    assertThat(items).hasSize(10);
    assertThat(items.get(6).place()).hasToString(pairs + ", element 1");
    assertThat(((Row) items.get(6)).id().intValue()).isEqualTo(30);
  }

  @Test
  void aNameWithSignsOfAPatternIsAName() throws IOException {
    Path folder = Files.createDirectory(dir.resolve("id=5"));
    Path odd = folder.resolve("it's [1]*?.bin");
    Files.copy(GOLDEN.resolve("rewardbench.parquet"), odd);
    Files.copy(GOLDEN.resolve("types.parquet"), folder.resolve("it's 1xy.bin"));
    assertThat(items(odd)).hasSize(4);
    assertThat(((Row) items(odd).getFirst()).id().intValue()).isEqualTo(30);
  }

  @Test
  void aRowWithoutANumberIsBadAndTheNextOneIsRead() throws IOException {
    List<Item> items = items(GOLDEN.resolve("not_a_number.parquet"));
    assertThat(items.get(0)).isInstanceOf(BadRow.class);
    assertThat(((BadRow) items.get(0)).error()).contains("NaN");
    assertThat(items.get(1)).isInstanceOf(Row.class);
  }

  @Test
  void damageIsNamed() throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve("types.parquet"));
    Path half = dir.resolve("half.parquet");
    Files.write(half, java.util.Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> items(half))
        .isInstanceOf(FormatException.class)
        .hasMessageStartingWith(half + ": cannot be read as Parquet: ");
  }

  @Test
  void aPipeCannotBeRead() throws IOException {
    byte[] whole = Files.readAllBytes(GOLDEN.resolve("types.parquet"));
    assertThatThrownBy(() -> items(new ByteArrayInputStream(whole)))
        .isInstanceOf(FormatException.class)
        .hasMessage("standard input: Parquet can only be read from a file, not from a pipe");
  }

  @Test
  void withoutTheDriverTheJarIsNamed() {
    Path file = GOLDEN.resolve("types.parquet");
    assertThatThrownBy(() -> ParquetRecords.open(file, "jdbc:absent:"))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining(file + ": Parquet is read through DuckDB's JDBC driver")
        .hasMessageContaining("org.duckdb:duckdb_jdbc")
        .hasMessageContaining("GAVEL_CLASSPATH=duckdb_jdbc.jar");
  }
}
