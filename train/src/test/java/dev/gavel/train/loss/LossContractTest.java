package dev.gavel.train.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every loss of the registry keeps the contract, and the contract finds what it promises to find.
class LossContractTest {
  static Stream<Arguments> losses() {
    List<Arguments> all = new ArrayList<>();
    for (LossType type : LossTypes.all()) {
      for (double beta : type.usesBeta() ? new double[] {0.1, 1} : new double[] {1}) {
        for (double e : type.usesLabelSmoothing() ? new double[] {1e-3, 0.3} : new double[] {0}) {
          all.add(Arguments.of(type.name(), beta, e));
        }
      }
    }
    return all.stream();
  }

  private static PreferenceLoss loss(String name, double beta, double e) throws UsageException {
    return PreferenceObjective.of(List.of(name), List.of(), beta, e, Optional.empty(), Map.of())
        .terms()
        .getFirst()
        .loss();
  }

  @ParameterizedTest(name = "{0} beta={1} label_smoothing={2}")
  @MethodSource("losses")
  void everyBuiltInLossKeepsIt(String name, double beta, double e) throws UsageException {
    LossContract.check(loss(name, beta, e));
  }

  /// Declared as in a researcher's own file.
  record MyLoss(double beta, @Opt(value = "target", def = "0.5") double gamma)
      implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin().mul(beta).sub(gamma).logSigmoid().neg();
    }
  }

  @Test
  void anOwnLossIsCheckedInOneLine() {
    LossContract.check(new MyLoss(0.1, 0.5));
  }

  /// A loss with something wrong.
  record Odd(
      Function<PairLogProbs, Tensor> formula,
      boolean usesReference,
      boolean couplesRows,
      Symmetry symmetry)
      implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return formula.apply(p);
    }

    @Override
    public String toString() {
      return "Odd";
    }
  }

  private static Odd odd(Function<PairLogProbs, Tensor> formula) {
    return new Odd(formula, true, false, PreferenceLoss.Symmetry.NONE);
  }

  private static void refused(PreferenceLoss loss, String message) {
    assertThatThrownBy(() -> LossContract.check(loss))
        .isInstanceOf(AssertionError.class)
        .hasMessageStartingWith(loss + ": ")
        .hasMessageContaining(message)
        .hasMessageContaining("; at chosen [");
  }

  @Test
  void aNaiveLogarithmOverflows() {
    refused(odd(p -> p.margin().sigmoid().log().neg()), "x.logSigmoid()");
    // e^-x is a number in double up to 709, in single up to 88
    refused(odd(p -> p.margin().mul(0.01).neg().exp().mul(1e-200)), "in F32; log(sigmoid(x))");
  }

  @Test
  void aGradientThatIsCutOffIsFound() {
    refused(
        odd(p ->
            p.margin().add(p.chosen().device().of(p.chosen().toDoubles(), p.chosen().shape()))),
        "the gradient of chosen[0] is 1.");
    refused(
        odd(p -> p.chosen().device().of(p.margin().toDoubles(), p.chosen().shape())),
        "have no gradient");
  }

  @Test
  void oneValueIsWantedForEachPair() {
    refused(odd(p -> p.margin().sum()), "expected one for each pair: F64[1]");
    refused(odd(p -> p.margin().reshape(p.pairs(), 1)), "expected one for each pair");
  }

  @Test
  void whatIsDeclaredIsChecked() {
    Function<PairLogProbs, Tensor> centered = p -> p.margin().sub(p.margin().mean());
    refused(odd(centered), "couplesRows() is false");
    LossContract.check(new Odd(centered, true, true, PreferenceLoss.Symmetry.MARGIN));
    refused(
        new Odd(PairLogProbs::margin, false, false, PreferenceLoss.Symmetry.NONE),
        "usesReference() false");
    refused(
        new Odd(PairLogProbs::meanMargin, true, false, PreferenceLoss.Symmetry.MARGIN),
        "symmetry MARGIN");
    refused(
        new Odd(PairLogProbs::margin, true, false, PreferenceLoss.Symmetry.MEAN_MARGIN),
        "symmetry MEAN_MARGIN");
  }

  @Test
  void theOrderOfPairsMustNotMatter() {
    Function<PairLogProbs, Tensor> first = p -> p.margin().add(p.chosen().slice(0, 1).mul(1e-3));
    refused(new Odd(first, true, true, PreferenceLoss.Symmetry.NONE), "in reverse order");
  }

  @Test
  void aLossWithAMemoryIsRefused() {
    int[] calls = {0};
    refused(odd(p -> p.margin().add(calls[0]++)), "");
  }

  /// log(1 - e^x) from its definition in double-double: the JDK's expm1.
  @Test
  void log1mExpKeepsItsDigits() {
    double[] x = {-1e-11, -1e-6, -1e-3, -0.1, -0.1249999, -0.125, -0.1250001, -0.5, -3, -40, -1e4};
    try (var device = dev.gavel.tensor.Devices.open("cpu", dev.gavel.tensor.DType.F64, 1);
        var _ = dev.gavel.tensor.Scope.open()) {
      double[] y = Formulas.log1mExp(device.of(x, Shape.of(x.length))).toDoubles();
      for (int i = 0; i < x.length; i++) {
        double expected = x[i] > -0.7 ? Math.log(-Math.expm1(x[i])) : Math.log1p(-Math.exp(x[i]));
        // both formulas are near -2.1 where one hands over to the other, and that is taken off
        assertThat(y[i])
            .isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-15 * (1 - expected)));
      }
    }
  }
}
