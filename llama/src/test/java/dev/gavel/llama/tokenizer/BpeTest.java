package dev.gavel.llama.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BpeTest {
  /// A model over `a`..`d` with random merges, in no order that training would give.
  private static BpeModel model(Random random) {
    List<String> entries = new ArrayList<>(List.of("a", "b", "c", "d"));
    Set<List<Integer>> pairs = new LinkedHashSet<>();
    while (pairs.size() < 30) {
      int left = random.nextInt(entries.size());
      int right = random.nextInt(entries.size());
      if (pairs.add(List.of(left, right))
          && !entries.contains(entries.get(left) + entries.get(right))) {
        entries.add(entries.get(left) + entries.get(right));
      }
    }
    List<List<Integer>> order = new ArrayList<>(pairs);
    Collections.shuffle(order, random);
    Merges merges = new Merges(order.size());
    for (int rank = 0; rank < order.size(); rank++) {
      int left = order.get(rank).get(0);
      int right = order.get(rank).get(1);
      merges.add(left, right, rank, entries.indexOf(entries.get(left) + entries.get(right)));
    }
    int[] byteIds = new int[256];
    for (int i = 0; i < 4; i++) {
      byteIds['a' + i] = i;
    }
    return new BpeModel(vocabulary(entries), merges, false, byteIds);
  }

  private static Vocabulary vocabulary(List<String> entries) {
    int[] start = new int[entries.size()];
    int[] length = new int[entries.size()];
    StringBuilder pool = new StringBuilder();
    for (int i = 0; i < start.length; i++) {
      start[i] = pool.length();
      length[i] = entries.get(i).length();
      pool.append(entries.get(i));
    }
    BitSet all = new BitSet();
    all.set(0, start.length);
    return new Vocabulary(pool.toString().getBytes(StandardCharsets.US_ASCII), start, length, all);
  }

  /// The definition: the pair of lowest rank, leftmost first, one at a time.
  private static int[] byDefinition(BpeModel model, byte[] piece) {
    List<Integer> ids = new ArrayList<>();
    for (byte b : piece) {
      ids.add(model.idOfByte(b));
    }
    while (true) {
      int best = Merges.NONE;
      int at = -1;
      for (int i = 0; i + 1 < ids.size(); i++) {
        int rank = model.merges().rank(ids.get(i), ids.get(i + 1));
        if (rank < best) {
          best = rank;
          at = i;
        }
      }
      if (at < 0) {
        return ids.stream().mapToInt(i -> i).toArray();
      }
      ids.set(at, model.merges().merged(best));
      ids.remove(at + 1);
    }
  }

  @Test
  void shortAndLongFormFollowTheDefinition() {
    Random random = Seed.random("shortAndLongFormFollowTheDefinition");
    for (int i = 0; i < 3_000; i++) {
      BpeModel model = model(random);
      byte[] piece = new byte[1 + random.nextInt(i % 10 == 0 ? 300 : 64)];
      for (int k = 0; k < piece.length; k++) {
        piece[k] = (byte) ('a' + random.nextInt(1 + i % 4));
      }
      int[] expected = byDefinition(model, piece);
      IdList ids = new IdList(16);
      new Bpe(model, ids).encode(piece, piece.length);
      assertThat(ids.toArray()).isEqualTo(expected);
      int[] bytes = new int[piece.length];
      Arrays.setAll(bytes, k -> model.idOfByte(piece[k]));
      IdList fromLong = new IdList(16);
      new LongMerge(model.merges(), bytes).run(fromLong);
      assertThat(fromLong.toArray()).isEqualTo(expected);
    }
  }
}
