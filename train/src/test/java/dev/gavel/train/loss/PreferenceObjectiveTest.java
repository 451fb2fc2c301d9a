package dev.gavel.train.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.UsageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/// Options to losses.
class PreferenceObjectiveTest {
  private static final Offset<Double> EXACT = Offset.offset(1e-14);

  /// Any record of the class path; nothing else of it is public.
  record Own(
      double beta,
      @Opt(value = "target", def = "0.5", range = "[0, inf)", alias = "target") double gamma,
      @Opt(value = "rounds", def = "3") int rounds)
      implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin().mul(beta * rounds).sub(gamma);
    }
  }

  record Bare(double beta, double gamma) implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin();
    }
  }

  record Single(float beta) implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin();
    }
  }

  record Needy(@Opt("how many") int count) implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin();
    }
  }

  record Scalar() implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin().sum();
    }
  }

  record NoLoss(double beta) {}

  static final class NoRecord implements PreferenceLoss {
    @Override
    public Tensor values(PairLogProbs p) {
      return p.margin();
    }
  }

  private static final String OWN = Own.class.getName();

  private static PreferenceObjective of(List<String> types, Map<String, String> own)
      throws UsageException {
    return PreferenceObjective.of(types, List.of(), 0.1, 0, Optional.empty(), own);
  }

  private static List<String> problems(
      List<String> types,
      List<Double> weights,
      double beta,
      double labelSmoothing,
      Optional<Double> rpoAlpha,
      Map<String, String> own) {
    return catchThrowableOfType(
            UsageException.class,
            () -> PreferenceObjective.of(types, weights, beta, labelSmoothing, rpoAlpha, own))
        .problems();
  }

  private static List<String> problems(String type, double labelSmoothing) {
    return problems(List.of(type), List.of(), 0.1, labelSmoothing, Optional.empty(), Map.of());
  }

  private static List<String> problems(String type, Map<String, String> own) {
    return problems(List.of(type), List.of(), 0.1, 0, Optional.empty(), own);
  }

  private static PairLogProbs pair(Device device) {
    return pairs(device, new double[] {-3}, new double[] {-7}, new double[] {4});
  }

  private static PairLogProbs pairs(Device device, double[] c, double[] r, double[] tokens) {
    Shape shape = Shape.of(c.length);
    return new PairLogProbs(
        device.of(c, shape).parameter(),
        device.of(r, shape).parameter(),
        device.full(DType.F64, shape, -5),
        device.full(DType.F64, shape, -6),
        device.of(tokens, shape),
        device.full(DType.F64, shape, 10));
  }

  @Test
  void componentsTakeTheirOptions() throws UsageException {
    assertThat(of(List.of("sigmoid"), Map.of()).terms().getFirst().loss())
        .isEqualTo(new Sigmoid(0.1));
    PreferenceObjective objective =
        PreferenceObjective.of(
            List.of("robust", "simpo", OWN),
            List.of(1.0, 0.5, -2.0),
            0.3,
            0.2,
            Optional.empty(),
            Map.of("gamma", "0.75", "rounds", "7"));
    assertThat(objective.terms())
        .containsExactly(
            new PreferenceObjective.Term("robust", 1, new Robust(0.3, 0.2)),
            new PreferenceObjective.Term("simpo", 0.5, new SimPo(0.3, 0.2, 0.75)),
            new PreferenceObjective.Term(OWN, -2, new Own(0.3, 0.75, 7)));
  }

  @Test
  void namesOfTrlAreAccepted() throws UsageException {
    assertThat(of(List.of("discopop"), Map.of()).terms().getFirst().loss())
        .isEqualTo(new DiscoPop(0.1, 0.05));
    assertThat(of(List.of("discopop"), Map.of("discopop_tau", "0.2")).terms().getFirst().loss())
        .isEqualTo(new DiscoPop(0.1, 0.2));
    assertThat(of(List.of("simpo"), Map.of("simpo_gamma", "1.5")).terms().getFirst().loss())
        .isEqualTo(new SimPo(0.1, 0, 1.5));
    assertThat(LossTypes.names())
        .startsWith("sigmoid") // TRL's default
        .contains("aot_unpaired", "bco_pair", "sppo_hard", "apo_down", "sigmoid_norm");
  }

  @Test
  void aTermForEachOfLossTypeAndOneForRpoAlpha() throws UsageException {
    PreferenceObjective objective =
        PreferenceObjective.of(List.of("sigmoid"), List.of(), 0.1, 0, Optional.of(0.5), Map.of());
    assertThat(objective.terms())
        .containsExactly(
            new PreferenceObjective.Term("sigmoid", 1, new Sigmoid(0.1)),
            new PreferenceObjective.Term("rpo", 0.5, new Rpo()));
    assertThat(
            PreferenceObjective.of(
                    List.of("sigmoid"), List.of(), 0.1, 0, Optional.of(0.0), Map.of())
                .terms())
        .hasSize(1);
  }

  @Test
  void saysWhatTheTermsNeed() throws UsageException {
    assertThat(of(List.of("simpo"), Map.of()).usesReference()).isFalse();
    assertThat(of(List.of("sft", "orpo"), Map.of()).usesReference()).isFalse();
    assertThat(of(List.of("sft", "ipo"), Map.of()).usesReference()).isTrue();
    assertThat(of(List.of("sft", "ipo"), Map.of()).couplesRows()).isFalse();
    assertThat(of(List.of("sft", "aot"), Map.of()).couplesRows()).isTrue();
  }

  /// By hand: the margin is 2 - (-1) = 3, so with beta 0.1 and 8 pairs in the step, 40 chosen
  /// tokens.
  @Test
  void aShareIsDividedByTheCountsOfTheStep() throws UsageException {
    PreferenceObjective objective =
        PreferenceObjective.of(
            List.of("sigmoid", "sft"), List.of(2.0, 3.0), 0.1, 0, Optional.empty(), Map.of());
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope _ = Scope.open()) {
      double expected = 2 * Math.log1p(Math.exp(-0.3)) / 8 + 3 * 3.0 / 40;
      assertThat(objective.sum(pair(device), 8, 40).item()).isCloseTo(expected, EXACT);
      List<Tensor> values = objective.values(pair(device));
      assertThat(values.get(0).item()).isCloseTo(Math.log1p(Math.exp(-0.3)), EXACT);
      assertThat(values.get(1).item()).isEqualTo(3);
      PreferenceLoss.Rewards rewards = objective.rewards(pair(device));
      assertThat(rewards.chosen().item()).isCloseTo(0.2, EXACT);
      assertThat(rewards.rejected().item()).isCloseTo(-0.1, EXACT);
      assertThatThrownBy(() -> objective.sum(pair(device), 8, 0))
          .hasMessage("loss type sft: the step has no token to divide by");
    }
  }

  /// An empty completion counts as one token, as TRL has it.
  @Test
  void anEmptyCompletionDividesByOne() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope _ = Scope.open()) {
      PairLogProbs p = pairs(device, new double[] {-3}, new double[] {-7}, new double[] {0});
      assertThat(p.meanMargin().item()).isCloseTo(2 + 0.1, EXACT);
    }
  }

  @Test
  void wrongTypesAreExplained() {
    assertThat(problems("sigmod", 0))
        .singleElement()
        .asString()
        .startsWith("--loss_type sigmod: unknown; the nearest is sigmoid, all are sigmoid, hinge,")
        .endsWith("a loss of your own is named with its package");
    assertThat(problems("my.pkg.MyLoss", 0))
        .containsExactly(
            "--loss_type my.pkg.MyLoss: no such class on the class path; set GAVEL_CLASSPATH to the jar or folder that holds it");
    assertThat(problems(NoLoss.class.getName(), 0))
        .singleElement()
        .asString()
        .endsWith("the class does not implement dev.gavel.train.loss.PreferenceLoss");
    assertThat(problems(NoRecord.class.getName(), 0))
        .singleElement()
        .asString()
        .contains("is not a record; expected `record NoRecord(double beta)");
    assertThat(problems(Bare.class.getName(), 0))
        .singleElement()
        .asString()
        .contains("Bare.gamma is neither annotated with @Opt nor a record");
    assertThat(problems(Single.class.getName(), 0))
        .singleElement()
        .asString()
        .contains("Single.beta is of type float, expected double");
  }

  @Test
  void wrongValuesAreExplained() {
    assertThat(problems(OWN, Map.of("gama", "1")))
        .containsExactly(
            "--loss.gama: no option of loss type %s; the nearest is --loss.gamma".formatted(OWN));
    assertThat(problems("sigmoid", Map.of("gamma", "1")))
        .containsExactly("--loss.gamma: loss type sigmoid has no option of its own");
    assertThat(problems(OWN, Map.of("gamma", "-1", "rounds", "x")))
        .containsExactlyInAnyOrder(
            "--loss.gamma -1: must be at least 0",
            "--loss.rounds x: expected an integer of 32 bits");
    assertThat(problems(OWN, Map.of("gamma", "1", "target", "1")))
        .singleElement()
        .asString()
        .contains("are the same option");
    assertThat(problems(Needy.class.getName(), Map.of()))
        .containsExactly("--loss.count is required: how many");
    assertThat(problems(List.of("sigmoid", "ipo"), List.of(), -1, 0, Optional.empty(), Map.of()))
        .containsExactly("--beta -1.0: must be above 0");
  }

  @Test
  void labelSmoothingThatNobodyReadsIsRefused() {
    assertThat(problems("sigmoid", 0.1))
        .containsExactly(
            "--label_smoothing 0.1: loss type sigmoid does not read it; those that do are robust, exo_pair, aot, aot_unpaired, conservative, simpo");
    assertThat(problems("robust", 0.5))
        .singleElement()
        .asString()
        .contains("expected a number in [0, 0.5)");
    assertThat(problems("exo_pair", 0))
        .singleElement()
        .asString()
        .contains("expected a number above 0, the paper's is 1e-3");
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    assertThat(
            problems(
                List.of("sft", "sigmoid", "sigmoid"),
                List.of(1.0, Double.NaN),
                0.1,
                0,
                Optional.of(1.0),
                Map.of()))
        .containsExactly(
            "--loss_weights has 2 numbers for the 3 of --loss_type; expected one for each",
            "--loss_weights NaN: expected a number",
            "--loss_type names sigmoid twice; --loss_weights says how much it counts",
            "loss type sft and rpo (--rpo_alpha) are the same likelihood, per token and per pair; choose one");
    assertThat(problems(List.of("rpo"), List.of(), 0.1, 0, Optional.of(1.0), Map.of()))
        .containsExactly(
            "--rpo_alpha is the weight of loss type rpo, which --loss_type names already");
    assertThat(problems(List.of("ipo"), List.of(), 0.1, 0, Optional.of(-1.0), Map.of()))
        .containsExactly("--rpo_alpha -1.0: must be at least 0");
    assertThat(problems(List.of(), List.of(), 0.1, 0, Optional.empty(), Map.of()).getFirst())
        .startsWith("--loss_type is empty; expected one of sigmoid, hinge");
  }

  @Test
  void anOwnLossWithoutAValuePerPairIsRefused() throws UsageException {
    PreferenceObjective objective = of(List.of(Scalar.class.getName()), Map.of());
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope _ = Scope.open()) {
      assertThatThrownBy(() -> objective.sum(pair(device), 1, 1))
          .hasMessageEndingWith(
              "its values are [] for pairs [1]; expected one value for each pair");
    }
  }

  @Test
  void logProbabilitiesOfOneBatchHaveOneShape() {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Scope _ = Scope.open()) {
      Tensor two = device.zeros(DType.F64, Shape.of(2));
      Tensor three = device.zeros(DType.F64, Shape.of(3));
      assertThatThrownBy(() -> PairLogProbs.withoutReference(two, three, two, two))
          .hasMessageContaining("expected [B] of one type");
    }
  }

  @Test
  void everyTypeIsDescribed() {
    for (LossType type : LossTypes.all()) {
      assertThat(type.source()).as(type.name()).isNotEmpty();
      assertThat(type.formula()).as(type.name()).isNotEmpty();
      assertThat(type.options()).as(type.name()).hasSize(type.type().getRecordComponents().length);
      assertThat(type.advice().isEmpty()).as(type.name()).isEqualTo(!type.usesBeta());
    }
    assertThat(LossTypes.all().stream().map(LossType::name)).doesNotHaveDuplicates();
  }
}
