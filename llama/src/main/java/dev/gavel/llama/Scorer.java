package dev.gavel.llama;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.KvBatch;
import dev.gavel.tensor.spi.KvPool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Log-probabilities of given tokens. Sequences go through the model in pieces on top of a cache,
/// short ones together, so that memory does not grow with a sequence's activations or logits; what
/// comes out depends on the sequence alone, neither on its neighbours nor on how long it goes on.
public final class Scorer implements AutoCloseable {
  /// Tokens of one pass.
  public static final int PIECE = 512;

  /// Rows of logits that exist at a time.
  private static final int LOGIT_ROWS = 64;

  private final Llama model;
  private final Device device;
  private final int piece;
  private @Nullable KvPool pool;

  /// What the model says of a sequence.
  ///
  /// @param logprobs natural logarithm of each token's probability given those before it; the first
  ///   has none, its place holds 0
  /// @param top for each token the distribution after it, best first; empty unless asked for
  public record Scores(double[] logprobs, List<Top> top) {}

  /// The most probable tokens of a distribution, the lower id first where they are equal.
  public record Top(int[] ids, double[] logprobs) {}

  public Scorer(Llama model) {
    this(model, PIECE);
  }

  /// @param piece tokens of one pass
  Scorer(Llama model, int piece) {
    this.model = model;
    this.piece = piece;
    this.device = model.device();
  }

  /// A sequence as far as it has been read.
  private static final class Reading {
    final int[] ids;
    final double[] logprobs;
    final List<Top> top = new ArrayList<>();
    int read;

    Reading(int[] ids) {
      this.ids = ids;
      this.logprobs = new double[ids.length];
    }
  }

  /// @param sequences token ids of the vocabulary, at least one each
  /// @param top how many of each distribution; 0: none
  public List<Scores> score(List<int[]> sequences, int top) {
    List<Reading> readings = sequences.stream().map(Reading::new).toList();
    for (int i = 0; i < readings.size(); ) {
      int end = i + 1;
      int tokens = readings.get(i).ids.length;
      while (end < readings.size() && tokens + readings.get(end).ids.length <= piece) {
        tokens += readings.get(end++).ids.length;
      }
      List<Reading> together = readings.subList(i, end);
      int[][] pages = pages(together);
      while (together.getFirst().read < together.getFirst().ids.length) {
        readPiece(together, pages, top);
      }
      i = end;
    }
    return readings.stream().map(r -> new Scores(r.logprobs, r.top)).toList();
  }

  private int[][] pages(List<Reading> readings) {
    int[][] pages = new int[readings.size()][];
    int next = 0;
    for (int s = 0; s < pages.length; s++) {
      pages[s] = new int[(readings.get(s).ids.length + KvPool.PAGE - 1) / KvPool.PAGE];
      for (int p = 0; p < pages[s].length; p++) {
        pages[s][p] = next++;
      }
    }
    if (pool == null || pool.pages() < next) {
      close();
      var c = model.config();
      int room = Math.max(16, Integer.highestOneBit(Math.max(1, next - 1)) << 1);
      pool =
          device
              .backend()
              .kvPool(
                  device.arithmetic(),
                  c.numHiddenLayers(),
                  c.numKeyValueHeads(),
                  c.headDim(),
                  room);
    }
    return pages;
  }

  private void readPiece(List<Reading> readings, int[][] pages, int top) {
    int[] start = readings.stream().mapToInt(r -> r.read).toArray();
    List<int[]> parts = new ArrayList<>();
    List<Place> places = new ArrayList<>();
    int at = 0;
    for (Reading r : readings) {
      int[] part = Arrays.copyOfRange(r.ids, r.read, Math.min(r.ids.length, r.read + piece));
      for (int t = 0; t < part.length; t++) {
        if (top > 0 || r.read + t + 1 < r.ids.length) {
          places.add(new Place(r, r.read + t, at + t));
        }
      }
      parts.add(part);
      at += part.length;
      r.read += part.length;
    }
    try (Scope _ = Scope.open()) {
      Tensor ids = device.ofInts(parts.stream().flatMapToInt(Arrays::stream).toArray());
      KvBatch batch = new KvBatch(Ragged.of(parts), start, pages);
      Tensor hidden = model.hidden(ids, java.util.Objects.requireNonNull(pool), batch);
      for (int from = 0; from < places.size(); from += LOGIT_ROWS) {
        read(hidden, places.subList(from, Math.min(places.size(), from + LOGIT_ROWS)), top);
      }
    }
  }

  /// Where a distribution stands.
  ///
  /// @param token of the sequence, after which it comes
  /// @param row of the hidden states
  private record Place(Reading reading, int token, int row) {
    boolean hasNext() {
      return token + 1 < reading.ids.length;
    }

    int next() {
      return hasNext() ? reading.ids[token + 1] : 0;
    }
  }

  private void read(Tensor hidden, List<Place> places, int top) {
    try (Scope _ = Scope.open()) {
      int[] rows = places.stream().mapToInt(Place::row).toArray();
      Tensor logits = model.logits(hidden.gather(device.ofInts(rows)));
      double[] next = logProbs(logits, places.stream().mapToInt(Place::next).toArray());
      for (int i = 0; i < next.length; i++) {
        Place p = places.get(i);
        if (p.hasNext()) {
          p.reading.logprobs[p.token + 1] = next[i];
        }
      }
      if (top > 0) {
        addTops(logits, places, Math.min(top, model.config().vocabSize()));
      }
    }
  }

  private double[] logProbs(Tensor logits, int[] targets) {
    Shape rows = Shape.of(targets.length);
    Tensor values = device.empty(logits.dtype(), rows);
    Tensor stats = device.empty(logits.dtype(), Shape.of(targets.length, 3));
    device.backend().logProb(logits, device.ofInts(targets), values, stats);
    return values.toDoubles();
  }

  // ---------------------------------------------------------------- the best of a distribution

  private void addTops(Tensor logits, List<Place> places, int k) {
    Best best = new Best(k);
    int[][] ids = new int[places.size()][];
    double[][] values = new double[places.size()][];
    try (Arena arena = Arena.ofConfined()) {
      long v = logits.shape().last();
      MemorySegment row = arena.allocate(v * logits.dtype().bytes(), 64);
      for (int i = 0; i < ids.length; i++) {
        device.backend().download(logits.rows(i, i + 1), row);
        best.select(row, logits.dtype(), (int) v);
        ids[i] = best.ids();
        values[i] = best.values();
      }
    }
    double[] first = logProbs(logits, Arrays.stream(ids).mapToInt(x -> x[0]).toArray());
    for (int i = 0; i < ids.length; i++) {
      places.get(i).reading.top.add(new Top(ids[i], relative(first[i], values[i], logits.dtype())));
    }
  }

  /// log p(j) = log p(best) + (logit(j) - logit(best)), in the type of the logits: so the bits are
  /// those of the log-probability of j asked for by itself.
  private static double[] relative(double first, double[] logits, DType type) {
    double[] logprobs = new double[logits.length];
    for (int j = 0; j < logprobs.length; j++) {
      logprobs[j] =
          type == DType.F64
              ? logits[j] - logits[0] + first
              : (float) logits[j] - (float) logits[0] + (float) first;
    }
    return logprobs;
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
      pool = null;
    }
  }
}
