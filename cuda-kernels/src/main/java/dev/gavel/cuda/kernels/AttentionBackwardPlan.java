package dev.gavel.cuda.kernels;

import dev.gavel.cuda.kernels.AttentionBackwardKernel.Version;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Ragged;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;

/// The work of a batch as the kernels of [AttentionBackwardKernel] read it: where sequences begin,
/// and lists of tiles {sequence, first row}, the most work first, so that short ones fill the gaps
/// at the end.
///
/// ```
/// tensor cores   offsets [S + 1] | to an even place | tiles of keys [n][2] | of queries [n][2]
/// plain          offsets [S + 1] | to an even place | sequence of each token [T]
/// ```
public final class AttentionBackwardPlan {
  private static final int ROWS = 64;

  /// The most blocks in a grid's second dimension.
  private static final int MOST_TILES = 65_535;

  private final Version version;
  private final DType type;
  private final int tokens;
  private final int tiles;
  private final int second;
  private final int[] words;

  private record Tile(int sequence, int first, int length) {
    int queriesAfter() {
      return length - first;
    }
  }

  AttentionBackwardPlan(Version version, DType type, Ragged batch) {
    this.version = version;
    this.type = type;
    tokens = batch.tokens();
    second = (batch.sequences() + 2) / 2 * 2;
    List<Tile> all = version == Version.PLAIN ? List.of() : tiles(batch);
    tiles = all.size();
    if (tiles > MOST_TILES) {
      throw new IllegalArgumentException(
          "attention backward: %d tokens make %d tiles of %d, at most %d go into one launch; cut the batch"
              .formatted(tokens, tiles, ROWS, MOST_TILES));
    }
    words = new int[second + (version == Version.PLAIN ? tokens : 4 * tiles)];
    for (int s = 0; s <= batch.sequences(); s++) {
      words[s] = batch.offset(s);
    }
    if (version == Version.PLAIN) {
      for (int s = 0; s < batch.sequences(); s++) {
        Arrays.fill(words, second + batch.offset(s), second + batch.offset(s + 1), s);
      }
    } else {
      put(all, Tile::queriesAfter, second);
      put(all, Tile::first, second + 2 * tiles);
    }
  }

  private static List<Tile> tiles(Ragged batch) {
    List<Tile> tiles = new ArrayList<>();
    for (int s = 0; s < batch.sequences(); s++) {
      for (int first = 0; first < batch.length(s); first += ROWS) {
        tiles.add(new Tile(s, first, batch.length(s)));
      }
    }
    return tiles;
  }

  private void put(List<Tile> tiles, ToIntFunction<Tile> work, int at) {
    List<Tile> sorted = new ArrayList<>(tiles);
    sorted.sort(Comparator.comparingInt(work).reversed());
    for (Tile t : sorted) {
      words[at++] = t.sequence;
      words[at++] = t.first;
    }
  }

  /// Which version will run.
  public Version version() {
    return version;
  }

  /// What to upload.
  public int[] words() {
    return words.clone();
  }

  /// Bytes of [#words].
  public long bytes() {
    return 4L * words.length;
  }

  DType type() {
    return type;
  }

  int tokens() {
    return tokens;
  }

  int tiles() {
    return tiles;
  }

  /// Where the lists begin, given the address of the words.
  long keyTiles(long at) {
    return at + 4L * second;
  }

  long queryTiles(long at) {
    return keyTiles(at) + 8L * tiles;
  }

  long sequenceOfToken(long at) {
    return at + 4L * second;
  }
}
