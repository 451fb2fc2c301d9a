package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Attention of several new tokens of each sequence over its pages: `attention_paged.cu`, bf16,
/// heads of 64 and 128. [PagedAttention] chooses it.
final class AttentionPagedKernel {
  private static final int ROWS = 128;

  private static final int THREADS = 128;

  /// The most blocks in a grid's second dimension.
  private static final int MOST_TILES = 65_535;

  private final Stream stream;
  private final Modules modules;

  AttentionPagedKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
  }

  /// New tokens of a sequence: their first row of q, how many, the position of the first, where the
  /// sequence's pages begin in the list of all pages.
  record Sequence(int row, int tokens, int position, int firstPage) {}

  /// Where the lists lie among the words of a batch, in bytes.
  record Lists(int tiles, long sequences, long tileList) {}

  Lists plan(List<Sequence> sequences, Words words) {
    List<int[]> tiles = new ArrayList<>();
    int[] records = new int[4 * sequences.size()];
    for (int i = 0; i < sequences.size(); i++) {
      Sequence s = sequences.get(i);
      records[4 * i] = s.row;
      records[4 * i + 1] = s.tokens;
      records[4 * i + 2] = s.position;
      records[4 * i + 3] = s.firstPage;
      for (int first = 0; first < s.tokens; first += ROWS) {
        tiles.add(new int[] {i, first, s.position + first});
      }
    }
    if (tiles.size() > MOST_TILES) {
      throw new IllegalArgumentException(
          "attention over pages: %d tiles of %d new tokens, at most %d go into one launch; cut the batch"
              .formatted(tiles.size(), ROWS, MOST_TILES));
    }
    tiles.sort((a, b) -> Integer.compare(b[2], a[2])); // the most work first
    int[] list = tiles.stream().flatMapToInt(t -> Arrays.stream(t, 0, 2)).toArray();
    return new Lists(tiles.size(), words.add(records), words.add(list));
  }

  void run(Lists l, AttentionShape shape, KvLayer kv, long q, long y, long words, long pages) {
    int d = shape.headSize();
    modules
        .kernel("attention_paged", "attention_paged_" + d)
        .grid(shape.heads(), l.tiles)
        .block(THREADS)
        .shared((ROWS + 4 * 64) * d * 2)
        .arg(y)
        .arg(q)
        .arg(kv.address())
        .arg(kv.pageStride())
        .arg(kv.valueOffset())
        .arg(words + l.sequences)
        .arg(pages)
        .arg(words + l.tileList)
        .arg(shape.kvHeads())
        .arg(shape.scale())
        .launch(stream);
  }
}
