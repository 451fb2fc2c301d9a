package dev.gavel.train.loss;

import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.config.UsageException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The weighted sum of losses that a preference recipe minimises.
public final class PreferenceObjective {
  /// @param name of the loss type
  /// @param weight what its values are multiplied with
  public record Term(String name, double weight, PreferenceLoss loss) {}

  private final List<Term> terms;
  private final double beta;

  private PreferenceObjective(List<Term> terms, double beta) {
    this.terms = List.copyOf(terms);
    this.beta = beta;
  }

  /// @param lossTypes names of [LossTypes] or of own records; at least one
  /// @param lossWeights one for each; empty: all 1
  /// @param labelSmoothing not 0 only where a loss reads it
  /// @param rpoAlpha weight of the further term `rpo`; 0 or empty: none
  /// @param own values of the options `--loss.NAME` by NAME
  /// @throws UsageException naming all that is wrong
  public static PreferenceObjective of(
      List<String> lossTypes,
      List<Double> lossWeights,
      double beta,
      double labelSmoothing,
      Optional<Double> rpoAlpha,
      Map<String, String> own)
      throws UsageException {
    List<String> names = new ArrayList<>(lossTypes);
    List<Double> weights = new ArrayList<>(lossWeights);
    if (lossWeights.isEmpty()) {
      lossTypes.forEach(_ -> weights.add(1.0));
    }
    List<String> problems = new ArrayList<>(checkWeights(lossTypes, weights, rpoAlpha));
    if (rpoAlpha.isPresent() && rpoAlpha.get() != 0) {
      names.add("rpo");
      weights.add(rpoAlpha.get());
    }
    checkTogether(names, lossTypes.size(), problems);
    List<LossType> types = types(names, problems);
    checkLabelSmoothing(types, labelSmoothing, problems);
    if (!problems.isEmpty()) {
      throw new UsageException(problems);
    }
    List<PreferenceLoss> losses = new LossFactory(beta, labelSmoothing, own).make(types);
    List<Term> terms = new ArrayList<>();
    for (int i = 0; i < losses.size(); i++) {
      terms.add(new Term(names.get(i), weights.get(i), losses.get(i)));
    }
    return new PreferenceObjective(terms, beta);
  }

  private static List<String> checkWeights(
      List<String> names, List<Double> weights, Optional<Double> rpoAlpha) {
    List<String> problems = new ArrayList<>();
    if (names.isEmpty()) {
      problems.add("--loss_type is empty; expected one of " + String.join(", ", LossTypes.names()));
    }
    if (weights.size() != names.size()) {
      problems.add(
          "--loss_weights has %d numbers for the %d of --loss_type; expected one for each"
              .formatted(weights.size(), names.size()));
    }
    for (double w : weights) {
      if (!Double.isFinite(w)) {
        problems.add("--loss_weights %s: expected a number".formatted(w));
      }
    }
    if (rpoAlpha.isPresent() && !(rpoAlpha.get() >= 0 && Double.isFinite(rpoAlpha.get()))) {
      problems.add("--rpo_alpha %s: must be at least 0".formatted(rpoAlpha.get()));
    }
    return problems;
  }

  /// @param listed how many of the names come from `--loss_type`
  private static void checkTogether(List<String> names, int listed, List<String> problems) {
    List<String> ofList = names.subList(0, listed);
    for (String name : new LinkedHashSet<>(ofList)) {
      if (ofList.indexOf(name) != ofList.lastIndexOf(name)) {
        problems.add(
            "--loss_type names %s twice; --loss_weights says how much it counts".formatted(name));
      }
    }
    if (names.contains("rpo") && names.contains("sft")) {
      problems.add(
          "loss type sft and rpo (--rpo_alpha) are the same likelihood, per token and per pair; choose one");
    }
    if (names.size() > listed && ofList.contains("rpo")) {
      problems.add("--rpo_alpha is the weight of loss type rpo, which --loss_type names already");
    }
  }

  private static List<LossType> types(List<String> names, List<String> problems) {
    List<LossType> types = new ArrayList<>();
    for (String name : names) {
      try {
        types.add(LossTypes.named(name));
      } catch (UsageException e) {
        problems.addAll(e.problems());
      }
    }
    return types;
  }

  private static void checkLabelSmoothing(
      List<LossType> types, double labelSmoothing, List<String> problems) {
    if (labelSmoothing != 0 && types.stream().noneMatch(LossType::usesLabelSmoothing)) {
      String readers =
          String.join(
              ", ",
              LossTypes.all().stream()
                  .filter(LossType::usesLabelSmoothing)
                  .map(LossType::name)
                  .toList());
      problems.add(
          "--label_smoothing %s: loss type %s does not read it; those that do are %s"
              .formatted(
                  labelSmoothing,
                  String.join(", ", types.stream().map(LossType::name).toList()),
                  readers));
    }
  }

  /// In the order of `--loss_type`; `rpo` of `--rpo_alpha` last.
  public List<Term> terms() {
    return terms;
  }

  /// Whether any loss reads the reference's log-probabilities.
  public boolean usesReference() {
    return terms.stream().anyMatch(t -> t.loss().usesReference());
  }

  /// Whether the result depends on how a step is cut into micro-batches.
  public boolean couplesRows() {
    return terms.stream().anyMatch(t -> t.loss().couplesRows());
  }

  /// This micro-batch's share of the step's loss; the shares of a step add up to it, as their
  /// gradients do.
  ///
  /// @param pairsOfStep pairs of all micro-batches of the optimizer step
  /// @param chosenTokensOfStep tokens of their chosen completions
  /// @return a scalar
  public Tensor sum(PairLogProbs p, long pairsOfStep, long chosenTokensOfStep) {
    @Nullable Tensor total = null;
    for (Term term : terms) {
      long count =
          switch (term.loss().per()) {
            case PAIR -> pairsOfStep;
            case CHOSEN_TOKEN -> chosenTokensOfStep;
          };
      if (count <= 0) {
        throw new IllegalArgumentException(
            "loss type %s: the step has no %s to divide by"
                .formatted(
                    term.name(), term.loss().per() == PreferenceLoss.Per.PAIR ? "pair" : "token"));
      }
      Tensor share = values(term, p).sum().mul(term.weight() / count);
      total = total == null ? share : total.add(share);
    }
    return Objects.requireNonNull(total);
  }

  /// The values of each term, [B], neither weighted nor divided; without gradient.
  public List<Tensor> values(PairLogProbs p) {
    return Tape.paused(() -> terms.stream().map(t -> values(t, p)).toList());
  }

  private static Tensor values(Term term, PairLogProbs p) {
    Tensor values = term.loss().values(p);
    if (!values.shape().equals(p.chosen().shape())) {
      throw new IllegalStateException(
          "loss type %s: its values are %s for pairs %s; expected one value for each pair"
              .formatted(term.name(), values.shape(), p.chosen().shape()));
    }
    return values;
  }

  /// The rewards of the first term's kind; without gradient.
  public PreferenceLoss.Rewards rewards(PairLogProbs p) {
    return Tape.paused(() -> terms.getFirst().loss().rewards(p, beta));
  }
}
