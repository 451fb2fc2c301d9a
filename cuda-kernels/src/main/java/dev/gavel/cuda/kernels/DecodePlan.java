package dev.gavel.cuda.kernels;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// How the attention of one new token in each of several sequences is cut into parts, as
/// `attention_decode.cu` explains. Pages that sequences share become parts with many rows, what is
/// their own parts with few.
///
/// ```
/// pages        0 .. 3 | 4 .. 7 | 8 9 10       a group is 4 pages, at absolute positions
/// sequence 0   shared | shared | s a  a
/// sequence 1   shared | shared | s b  b
/// parts        ------ | ------ | - ----       (of at most `span` pages: shorter ones are more)
/// ```
///
/// The cut decides how fast it is and nothing else: the bits of a sequence's result depend on its
/// own pages only.
final class DecodePlan {
  /// Rows of a wide and of a narrow part.
  static final int WIDE_ROWS = 64;

  static final int NARROW_ROWS = 16;

  /// Positions in a page, and pages whose results are folded before others join: constants, for
  /// equal bits.
  private static final int PAGE = 64;

  private static final int GROUP = 4;

  /// A sequence: its row of q, how many positions it holds, its pages.
  record Sequence(int row, int length, int[] pages) {
    int count() {
      return (length + PAGE - 1) / PAGE;
    }

    /// Whether page p is one that others may share: a full one.
    boolean full(int p) {
      return (p + 1) * PAGE <= length;
    }
  }

  /// Pages begin..end - 1 of some sequences, which are members from `member` on.
  private record Segment(int member, List<Sequence> of, int begin, int end) {}

  private final int group;
  private final List<Sequence> members = new ArrayList<>();
  private final List<Segment> segments = new ArrayList<>();
  private final List<int[]> narrow = new ArrayList<>();
  private final List<int[]> wide = new ArrayList<>();
  private final Map<Sequence, List<int[]>> groups = new IdentityHashMap<>();
  private int slots;

  private DecodePlan(int group) {
    this.group = group;
  }

  /// @param group rows of a sequence: its heads that share a head of keys; at most 64
  /// @param kvHeads blocks of a part
  /// @param blocks how many blocks the device wants at least
  static DecodePlan of(List<Sequence> sequences, int group, int kvHeads, int blocks) {
    int span = GROUP;
    DecodePlan plan = new DecodePlan(group).cut(sequences, span);
    while (span > 1 && (plan.narrow.size() + plan.wide.size()) * kvHeads < blocks) {
      span /= 2;
      plan = new DecodePlan(group).cut(sequences, span);
    }
    return plan;
  }

  private DecodePlan cut(List<Sequence> sequences, int span) {
    sequences.forEach(s -> groups.put(s, new ArrayList<>()));
    share(sequences, 0);
    segments.sort((a, b) -> Integer.compare(a.begin, b.begin)); // results of a sequence in order
    for (Segment s : segments) {
      for (int p = s.begin; p < s.end; ) {
        int end = Math.min(Math.min(s.end, (p / GROUP + 1) * GROUP), p + span);
        part(s, p, end);
        p = end;
      }
    }
    return this;
  }

  /// Walks down the tree of pages: sequences that have the same pages from `page` on stay together
  /// while they do.
  private void share(List<Sequence> sequences, int page) {
    Map<Integer, List<Sequence>> together = new LinkedHashMap<>();
    int alone = -1;
    for (Sequence s : sequences) {
      if (page < s.count()) {
        int key = s.full(page) ? s.pages[page] : alone--;
        together.computeIfAbsent(key, k -> new ArrayList<>()).add(s);
      }
    }
    for (List<Sequence> some : together.values()) {
      if (some.size() == 1) {
        segment(some, page, some.getFirst().count());
      } else {
        int end = page + 1;
        while (sharedByAll(some, end)) {
          end++;
        }
        segment(some, page, end);
        share(some, end);
      }
    }
  }

  private static boolean sharedByAll(List<Sequence> some, int page) {
    Sequence first = some.getFirst();
    return some.stream()
        .allMatch(s -> page < s.count() && s.full(page) && s.pages[page] == first.pages[page]);
  }

  /// At most as many sequences in a part as have room in a tile.
  private void segment(List<Sequence> some, int begin, int end) {
    int most = WIDE_ROWS / group;
    for (int i = 0; i < some.size(); i += most) {
      List<Sequence> of = some.subList(i, Math.min(some.size(), i + most));
      segments.add(new Segment(members.size(), of, begin, end));
      members.addAll(of);
    }
  }

  /// `Part` of the kernel: sequences, member or row, tokens, 2 slot + fold, four pages.
  private void part(Segment s, int begin, int end) {
    Sequence first = s.of.getFirst();
    int count = s.of.size();
    boolean fold = begin % GROUP == 0;
    int[] part = new int[4 + GROUP];
    part[0] = count;
    part[1] = count == 1 ? first.row : s.member;
    part[2] = Math.min(first.length, end * PAGE) - begin * PAGE;
    part[3] = 2 * slots + (fold ? 1 : 0);
    System.arraycopy(first.pages, begin, part, 4, end - begin);
    (count * group > NARROW_ROWS ? wide : narrow).add(part);
    for (int p = begin; p < (fold ? begin + 1 : end); p++) {
      for (Sequence of : s.of) {
        result(of, p, slots++);
      }
    }
  }

  private void result(Sequence of, int page, int slot) {
    List<int[]> list = groups.getOrDefault(of, List.of());
    if (page % GROUP == 0) {
      int[] fresh = new int[GROUP];
      Arrays.fill(fresh, -1);
      list.add(fresh);
    }
    int[] last = list.getLast();
    int i = 0;
    while (last[i] >= 0) {
      i++;
    }
    last[i] = slot;
  }

  int narrowParts() {
    return narrow.size();
  }

  int wideParts() {
    return wide.size();
  }

  /// Results: one for each row of a part, or of a page of it.
  int slots() {
    return slots;
  }

  /// Wide parts first: they take longest.
  int[] partWords() {
    return IntStream.concat(words(wide), words(narrow)).toArray();
  }

  /// Rows of q of the parts' members.
  int[] memberWords() {
    return members.stream().mapToInt(Sequence::row).toArray();
  }

  /// A sequence's groups of pages, in order: the slots of its results there, in order, -1 for none.
  List<int[]> groups(Sequence s) {
    return groups.getOrDefault(s, List.of());
  }

  static int[] flat(List<int[]> lists) {
    return words(lists).toArray();
  }

  private static IntStream words(List<int[]> lists) {
    return lists.stream().flatMapToInt(Arrays::stream);
  }
}
