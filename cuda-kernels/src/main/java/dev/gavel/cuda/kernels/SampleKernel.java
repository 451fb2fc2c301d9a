package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Draws a token from each row of logits, on the device: `sample.cu`. A row's result does not
/// depend on the other rows.
///
/// ```java
/// SampleKernel.write(asks, staging);                      // then upload ASK_BYTES a row
/// kernel.run(BF16, ids, logprobs, logits, columns, asks, asksOnDevice, scratch);
/// ```
public final class SampleKernel {
  /// Of one row in device memory.
  public static final int ASK_BYTES = 32;

  /// What a row asks for.
  ///
  /// @param u uniform in [0, 1); not used when greedy
  /// @param temperature 0: the arg-max, the lower id on ties
  /// @param topK keep what is not below the k-th largest; 0: all
  /// @param topP keep the smallest set of largest probabilities whose mass reaches this; 1: all
  /// @param minP keep what is not below this times the largest probability; 0: all
  public record Ask(double u, double temperature, int topK, double topP, double minP) {
    public Ask {
      boolean valid =
          u >= 0
              && u < 1
              && temperature >= 0
              && topK >= 0
              && topP > 0
              && topP <= 1
              && minP >= 0
              && minP <= 1;
      if (!valid) {
        throw new IllegalArgumentException(
            "sample: u %s in [0, 1), temperature %s and top-k %d not negative, top-p %s in (0, 1], min-p %s in [0, 1] are expected"
                .formatted(u, temperature, topK, topP, minP));
      }
    }

    boolean greedy() {
      return temperature == 0;
    }
  }

  private static final int SLICES = 16;
  private static final int CHUNK = 256;

  /// So that 32 bits hold what a histogram sums.
  private static final int MOST_COLUMNS = 500_000;

  private static final double LOG2_E = 1.4426950408889634;

  /// Searches (top-k, top-p) times digits of an f32 key times bins.
  private static final int HISTOGRAM_BYTES = 2 * 4 * 256 * Long.BYTES;

  private static final int FOUND_BYTES = 2 * 4 * 32;
  private static final int PART_BYTES = 32;
  private static final int KEPT_BYTES = 32;

  private final Stream stream;
  private final Typed begin;
  private final Typed level;
  private final Typed sums;
  private final Typed finish;

  public SampleKernel(CudaContext context) {
    stream = context.stream();
    begin = new Typed(context, "sample", "sample_begin");
    level = new Typed(context, "sample", "sample_level");
    sums = new Typed(context, "sample", "sample_sums");
    finish = new Typed(context, "sample", "sample_finish");
  }

  /// Puts what rows ask for as the kernels read it, [#ASK_BYTES] each.
  public static void write(List<Ask> asks, MemorySegment to) {
    long at = 0;
    for (Ask a : asks) {
      to.set(ValueLayout.JAVA_DOUBLE, at, a.u);
      to.set(ValueLayout.JAVA_DOUBLE, at + 8, a.topP);
      to.set(ValueLayout.JAVA_FLOAT, at + 16, a.greedy() ? 0 : (float) (LOG2_E / a.temperature));
      to.set(ValueLayout.JAVA_FLOAT, at + 20, (float) a.minP);
      to.set(ValueLayout.JAVA_INT, at + 24, a.topK);
      to.set(ValueLayout.JAVA_INT, at + 28, 0);
      at += ASK_BYTES;
    }
  }

  private static int chunks(int columns) {
    return Math.ceilDiv(columns, CHUNK);
  }

  /// Device memory that [#run] needs.
  public static long scratchBytes(int rows, int columns) {
    return rows
        * (HISTOGRAM_BYTES
            + FOUND_BYTES
            + SLICES * PART_BYTES
            + KEPT_BYTES
            + (long) (Long.BYTES + Integer.BYTES) * chunks(columns));
  }

  /// One row of scratch memory after the other, by kind.
  private record Scratch(long histograms, long found, long parts, long kept, long sums, long ties) {
    static Scratch at(long address, int rows, int columns) {
      long found = address + (long) rows * HISTOGRAM_BYTES;
      long parts = found + (long) rows * FOUND_BYTES;
      long kept = parts + (long) rows * SLICES * PART_BYTES;
      long sums = kept + (long) rows * KEPT_BYTES;
      long ties = sums + (long) rows * Long.BYTES * chunks(columns);
      return new Scratch(address, found, parts, kept, sums, ties);
    }
  }

  /// Draws.
  ///
  /// @param type of the logits [rows, columns], at most 500,000 columns
  /// @param ids i32 [rows]; -1 where the logits are not numbers
  /// @param logprobs f32 [rows]: at temperature 1, nothing cut
  /// @param asks one for each row
  /// @param asksAddress what [#write] made of them, on the device
  /// @param scratch address of [#scratchBytes], aligned to 16 bytes
  public void run(
      DType type,
      long ids,
      long logprobs,
      long logits,
      int columns,
      List<Ask> asks,
      long asksAddress,
      long scratch) {
    if (columns > MOST_COLUMNS) {
      throw new IllegalArgumentException(
          "sample: at most %d logits in a row are expected, found %d"
              .formatted(MOST_COLUMNS, columns));
    }
    int rows = asks.size();
    Scratch s = Scratch.at(scratch, rows, columns);
    sliced(begin.of(type), rows)
        .arg(s.parts)
        .arg(s.histograms)
        .arg(logits)
        .arg(asksAddress)
        .arg(columns)
        .launch(stream);
    if (asks.stream().anyMatch(a -> !a.greedy() && a.topK > 0)) {
      search(type, 0, s, logits, asksAddress, rows, columns);
    }
    if (asks.stream().anyMatch(a -> !a.greedy() && a.topP < 1)) {
      search(type, 1, s, logits, asksAddress, rows, columns);
    }
    if (!asks.stream().allMatch(Ask::greedy)) {
      sliced(sums.of(type), rows)
          .arg(s.kept)
          .arg(s.sums)
          .arg(s.ties)
          .arg(s.found)
          .arg(s.histograms)
          .arg(s.parts)
          .arg(logits)
          .arg(asksAddress)
          .arg(columns)
          .launch(stream);
    }
    finish
        .of(type)
        .grid(rows)
        .block(Grid.THREADS)
        .arg(ids)
        .arg(logprobs)
        .arg(s.kept)
        .arg(s.sums)
        .arg(s.ties)
        .arg(s.parts)
        .arg(logits)
        .arg(asksAddress)
        .arg(columns)
        .launch(stream);
  }

  private static Kernel sliced(Kernel k, int rows) {
    return k.grid(SLICES, rows).block(Grid.THREADS);
  }

  /// One launch for each digit of a key: 2 of bf16, 4 of f32.
  private void search(
      DType type, int search, Scratch s, long logits, long asks, int rows, int columns) {
    for (int digit = 0; digit < type.bytes(); digit++) {
      sliced(level.of(type), rows)
          .arg(s.found)
          .arg(s.histograms)
          .arg(s.parts)
          .arg(logits)
          .arg(asks)
          .arg(columns)
          .arg(search)
          .arg(digit)
          .launch(stream);
    }
  }

  /// Bytes that must move if the logits are read from memory once.
  public static double bytes(DType type, int rows, int columns) {
    return (double) type.bytes() * rows * columns;
  }
}
