package dev.gavel.train.loss;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/// Numbers of a batch on which a loss is checked. All log-probabilities are below 0.
record PairCase(
    double[] chosen,
    double[] rejected,
    double[] refChosen,
    double[] refRejected,
    double[] chosenTokens,
    double[] rejectedTokens) {
  private static final long SEED = 20261129;
  private static final double FAR = 1e4;

  /// The policy within 4 nats of the reference.
  static PairCase random(int pairs, long stream) {
    double[] c = drawn(pairs, 10 * stream, -80, -5);
    double[] r = drawn(pairs, 10 * stream + 1, -80, -5);
    return new PairCase(
        shifted(c, drawn(pairs, 10 * stream + 2, -4, 4)),
        shifted(r, drawn(pairs, 10 * stream + 3, -4, 4)),
        c,
        r,
        Arrays.stream(drawn(pairs, 10 * stream + 4, 3, 40)).map(Math::rint).toArray(),
        Arrays.stream(drawn(pairs, 10 * stream + 5, 3, 40)).map(Math::rint).toArray());
  }

  /// All ways in which the four log-probabilities can be almost 0 or -10^4: margins up to 2 10^4.
  static PairCase extreme() {
    return new PairCase(
        bits(0), bits(1), bits(2), bits(3), values(16, _ -> 7), values(16, i -> 1 + 2 * i));
  }

  private static double[] bits(int bit) {
    return values(16, i -> (i >> bit & 1) == 0 ? -0.25 : -FAR);
  }

  static double[] drawn(int count, long stream, double low, double high) {
    return values(count, i -> low + (high - low) * Rng.uniform(SEED, stream, i));
  }

  private static double[] values(int count, IntToDoubleFunction f) {
    return IntStream.range(0, count).mapToDouble(f).toArray();
  }

  static double[] shifted(double[] x, double[] by) {
    return values(x.length, i -> x[i] + by[i]);
  }

  int pairs() {
    return chosen.length;
  }

  /// The pairs `which(0)`, `which(1)`, …
  PairCase choose(int count, IntUnaryOperator which) {
    return new PairCase(
        pick(chosen, count, which),
        pick(rejected, count, which),
        pick(refChosen, count, which),
        pick(refRejected, count, which),
        pick(chosenTokens, count, which),
        pick(rejectedTokens, count, which));
  }

  static double[] pick(double[] from, int count, IntUnaryOperator which) {
    return values(count, i -> from[which.applyAsInt(i)]);
  }

  PairCase withPolicy(double[] newChosen, double[] newRejected) {
    return new PairCase(
        newChosen, newRejected, refChosen, refRejected, chosenTokens, rejectedTokens);
  }

  PairCase withReference(double[] newChosen, double[] newRejected) {
    return new PairCase(chosen, rejected, newChosen, newRejected, chosenTokens, rejectedTokens);
  }

  PairLogProbs on(Device device, DType type) {
    return new PairLogProbs(
        tensor(device, type, chosen).parameter(),
        tensor(device, type, rejected).parameter(),
        tensor(device, type, refChosen),
        tensor(device, type, refRejected),
        tensor(device, type, chosenTokens),
        tensor(device, type, rejectedTokens));
  }

  private static Tensor tensor(Device device, DType type, double[] values) {
    return device.of(type, values, Shape.of(values.length));
  }

  @Override
  public String toString() {
    return "chosen %s, rejected %s, reference chosen %s, rejected %s, tokens chosen %s, rejected %s"
        .formatted(
            Arrays.toString(chosen),
            Arrays.toString(rejected),
            Arrays.toString(refChosen),
            Arrays.toString(refRejected),
            Arrays.toString(chosenTokens),
            Arrays.toString(rejectedTokens));
  }
}
