package dev.gavel.train.loss;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/// What every [PreferenceLoss] is held to. The whole test of an own loss is
///
/// ```java
/// LossContract.check(new MyLoss(0.1, 0.5));
/// ```
///
/// * the gradient is that of finite differences, in double;
/// * values and gradients are finite at margins of up to 2 10^4 nats either way, in double and in
///   single;
/// * a batch of one works, pairs do not see each other unless [PreferenceLoss#couplesRows], the
///   order of pairs does not matter, and a second call gives the same;
/// * a loss that declares a [PreferenceLoss.Symmetry] has it, and one that declares to need no
///   reference reads none.
public final class LossContract {
  private static final int PAIRS = 5;
  private static final int CASES = 6;

  /// Sums of a few terms in double, taken in another order.
  private static final double ROUNDING = 1e-11;

  private final PreferenceLoss loss;
  private final Device device;

  private LossContract(PreferenceLoss loss, Device device) {
    this.loss = loss;
    this.device = device;
  }

  /// @throws AssertionError with the loss, the numbers, and what is wrong
  public static void check(PreferenceLoss loss) {
    try (Device device = Devices.open("cpu", DType.F64, 1)) {
      LossContract contract = new LossContract(loss, device);
      for (int stream = 0; stream < CASES; stream++) {
        PairCase c = PairCase.random(stream == 0 ? 1 : PAIRS, stream);
        contract.gradient(c);
        contract.rows(c);
        contract.symmetry(c);
        contract.reference(c);
      }
      contract.finite(DType.F64);
      contract.finite(DType.F32);
    }
  }

  /// Values of the pairs, and gradients of their sum weighted with w.
  private record Result(double[] values, double[] gradChosen, double[] gradRejected) {}

  private Result run(PairCase c, DType type, double[] w) {
    try (Tape tape = Tape.record()) {
      PairLogProbs p = c.on(device, type);
      Tensor values = loss.values(p);
      if (!values.shape().equals(p.chosen().shape()) || values.dtype() != type) {
        throw wrong(
            c,
            "the values are %s, expected one for each pair: %s%s"
                .formatted(values, type, p.chosen().shape()));
      }
      if (!values.tracked()) {
        throw wrong(c, "the values have no gradient: they do not come from the policy's tensors");
      }
      tape.backwardFrom(values, device.of(type, w, Shape.of(w.length)));
      Result result = new Result(values.toDoubles(), grad(p.chosen()), grad(p.rejected()));
      p.chosen().clearGrad();
      p.rejected().clearGrad();
      return result;
    }
  }

  private static double[] grad(Tensor x) {
    @Nullable Tensor g = x.grad();
    return g == null ? new double[Math.toIntExact(x.size())] : g.toDoubles();
  }

  private double[] values(PairCase c) {
    try (Scope _ = Scope.open()) {
      return loss.values(c.on(device, DType.F64)).toDoubles();
    }
  }

  private static double[] weights(PairCase c) {
    return PairCase.drawn(c.pairs(), 1000, 0.5, 1.5);
  }

  // ---------------------------------------------------------------- the checks

  private void gradient(PairCase c) {
    double[] w = weights(c);
    Result result = run(c, DType.F64, w);
    for (int i = 0; i < c.pairs(); i++) {
      int at = i;
      double size = Math.abs(dot(w, result.values()));
      compare(
          c,
          "chosen[" + i + "]",
          result.gradChosen()[i],
          slope(h -> weighted(c.withPolicy(moved(c.chosen(), at, h), c.rejected()), w)),
          size);
      compare(
          c,
          "rejected[" + i + "]",
          result.gradRejected()[i],
          slope(h -> weighted(c.withPolicy(c.chosen(), moved(c.rejected(), at, h)), w)),
          size);
    }
  }

  private static final double STEP = 1e-4;

  /// Central differences of two steps, combined so that the error is of order h^4 (Richardson).
  private static double slope(DoubleUnaryOperator f) {
    double wide = (f.applyAsDouble(STEP) - f.applyAsDouble(-STEP)) / (2 * STEP);
    double narrow = (f.applyAsDouble(STEP / 2) - f.applyAsDouble(-STEP / 2)) / STEP;
    return (4 * narrow - wide) / 3;
  }

  private double weighted(PairCase c, double[] w) {
    return dot(w, values(c));
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private static double[] moved(double[] x, int at, double by) {
    double[] y = x.clone();
    y[at] += by;
    return y;
  }

  /// @param size of the value whose rounding, 1e-16 of it, is divided by the step
  private void compare(PairCase c, String of, double found, double expected, double size) {
    double allowed = 1e-6 * (1 + Math.abs(expected)) + 1e-15 * size / STEP;
    if (!(Math.abs(found - expected) <= allowed)) {
      throw wrong(
          c, "the gradient of %s is %s, finite differences give %s".formatted(of, found, expected));
    }
  }

  private void rows(PairCase c) {
    double[] w = weights(c);
    Result all = run(c, DType.F64, w);
    same(c, "the values of a second call", values(c), all.values());
    int n = c.pairs();
    Result turned =
        run(c.choose(n, i -> n - 1 - i), DType.F64, PairCase.pick(w, n, i -> n - 1 - i));
    same(
        c,
        "the values of the batch in reverse order",
        PairCase.pick(turned.values(), n, i -> n - 1 - i),
        all.values());
    same(
        c,
        "the gradients of the batch in reverse order",
        PairCase.pick(turned.gradChosen(), n, i -> n - 1 - i),
        all.gradChosen());
    for (int i = 0; i < n && !loss.couplesRows(); i++) {
      int row = i;
      same(
          c,
          "pair " + i + " alone (couplesRows() is false)",
          values(c.choose(1, _ -> row)),
          new double[] {all.values()[i]});
    }
  }

  private void symmetry(PairCase c) {
    double[] ones = new double[c.pairs()];
    Arrays.fill(ones, 1.75);
    switch (loss.symmetry()) {
      case NONE -> {}
      case MARGIN -> shift(c, "1.75", ones, ones);
      case MEAN_MARGIN -> shift(c, "1 per token", c.chosenTokens(), c.rejectedTokens());
    }
  }

  private void shift(PairCase c, String by, double[] ofChosen, double[] ofRejected) {
    PairCase lower =
        c.withPolicy(
            PairCase.shifted(c.chosen(), negated(ofChosen)),
            PairCase.shifted(c.rejected(), negated(ofRejected)));
    same(
        c,
        "with symmetry %s, the values after taking %s from both".formatted(loss.symmetry(), by),
        values(lower),
        values(c));
  }

  private static double[] negated(double[] x) {
    return Arrays.stream(x).map(v -> -v).toArray();
  }

  private void reference(PairCase c) {
    if (!loss.usesReference()) {
      double[] zeros = new double[c.pairs()];
      same(
          c,
          "with usesReference() false, the values for another reference",
          values(c.withReference(zeros, c.refChosen())),
          values(c));
    }
  }

  private void finite(DType type) {
    PairCase c = PairCase.extreme();
    Result result = run(c, type, weights(c));
    for (int i = 0; i < c.pairs(); i++) {
      int row = i;
      PairCase one = c.choose(1, _ -> row);
      finite(one, type, "value", result.values()[i]);
      finite(one, type, "gradient of chosen", result.gradChosen()[i]);
      finite(one, type, "gradient of rejected", result.gradRejected()[i]);
    }
  }

  private void finite(PairCase c, DType type, String what, double x) {
    if (!Double.isFinite(x)) {
      throw wrong(
          c, "the %s is %s in %s; log(sigmoid(x)) is x.logSigmoid()".formatted(what, x, type));
    }
  }

  private void same(PairCase c, String what, double[] found, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (!(Math.abs(found[i] - expected[i]) <= ROUNDING * (1 + Math.abs(expected[i])))) {
        throw wrong(
            c,
            "%s are %s, expected %s"
                .formatted(what, Arrays.toString(found), Arrays.toString(expected)));
      }
    }
  }

  private AssertionError wrong(PairCase c, String what) {
    return new AssertionError("%s: %s; at %s".formatted(loss, what, c));
  }
}
