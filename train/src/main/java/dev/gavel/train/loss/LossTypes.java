package dev.gavel.train.loss;

import dev.gavel.train.config.Nearest;
import dev.gavel.train.config.UsageException;
import java.util.List;

/// Every built-in preference loss: a line here buys a loss its contract test. Other records are
/// found on the class path by the name of their class.
public final class LossTypes {
  /// What the names of options begin with that one loss alone has.
  static final String PREFIX = "loss.";

  private static final List<LossType> ALL =
      List.of(
          type("sigmoid", Sigmoid.class, "DPO, arXiv 2305.18290, Eq. 7", "-log s(c - r)", "0.1"),
          type("hinge", Hinge.class, "SLiC-HF, arXiv 2305.10425", "max(0, 1 - (c - r))", "0.1"),
          type(
              "ipo",
              Ipo.class,
              "IPO, arXiv 2310.12036, Eq. 17",
              "(m' - 1 / (2 beta))^2",
              "tau of the paper: the margin to reach, per token, is 1 / (2 beta)"),
          type(
              "robust",
              Robust.class,
              "robust DPO, arXiv 2403.00409",
              "(-(1 - e) log s(c - r) + e log s(r - c)) / (1 - 2e)",
              "0.1"),
          type(
              "exo_pair",
              ExoPair.class,
              "EXO, arXiv 2402.00856, Eq. 16",
              "KL((s(c - r), s(r - c)) || (1 - e, e)), e > 0",
              "0.1"),
          type(
              "nca_pair",
              NcaPair.class,
              "NCA, arXiv 2402.05369",
              "-log s(c) - log s(-c) / 2 - log s(-r) / 2",
              "0.01"),
          type("bco_pair", BcoPair.class, "BCO, arXiv 2404.04656", "-log s(c) - log s(-r)", "0.1"),
          type(
              "sppo_hard",
              SppoHard.class,
              "SPPO, arXiv 2405.00675, Eq. 4.7",
              "(c / beta - 1 / (2 beta))^2 + (r / beta + 1 / (2 beta))^2",
              "1 / eta of the paper: 0.001"),
          type(
              "aot",
              Aot.class,
              "AOT paired, arXiv 2406.05882",
              "-(1 - e) log s(d) - e log s(-d), d = c - r with the reference of equal rank",
              "0.1"),
          type(
              "aot_unpaired",
              AotUnpaired.class,
              "AOT unpaired, arXiv 2406.05882",
              "-(1 - e) log s(d) - e log s(-d), d = c - r of equal ranks",
              "0.1"),
          type("apo_zero", ApoZero.class, "APO, arXiv 2408.06266, Eq. 7", "s(-c) + s(r)", "0.1"),
          type("apo_down", ApoDown.class, "APO, arXiv 2408.06266, Eq. 8", "s(c) + s(r - c)", "0.1"),
          type(
              "discopop",
              DiscoPop.class,
              "DiscoPOP, arXiv 2406.08414, Eq. 5",
              "-(1 - t) log s(c - r) + t e^(r - c), t = s((c - r) / tau)",
              "0.05"),
          type(
              "sigmoid_norm",
              SigmoidNorm.class,
              "length-normalised DPO, arXiv 2411.15124",
              "-log s(beta m')",
              "5: the margin is one per token"),
          type(
              "sft",
              Sft.class,
              "MPO's likelihood term, arXiv 2411.10442",
              "-log p(chosen), a mean over tokens",
              ""),
          type(
              "rpo",
              Rpo.class,
              "Iterative RPO's likelihood term, arXiv 2404.19733, Eq. 1",
              "-log p(chosen)', a mean over pairs",
              ""),
          type(
              "conservative",
              Conservative.class,
              "cDPO, E. Mitchell 2023",
              "-(1 - e) log s(c - r) - e log s(r - c)",
              "0.1"),
          type(
              "simpo",
              SimPo.class,
              "SimPO, arXiv 2405.14734, Eq. 6",
              "-log s(beta (log p(chosen)' - log p(rejected)') - gamma), no reference",
              "2 to 10: the margin is one per token"),
          type(
              "orpo",
              Orpo.class,
              "ORPO, arXiv 2403.07691, Eq. 6, 7",
              "-log p(chosen)' - beta log s(log odds ratio'), no reference",
              "lambda of the paper: 0.1"));

  private LossTypes() {}

  private static LossType type(
      String name, Class<? extends Record> type, String source, String formula, String advice) {
    return new LossType(name, type, source, formula, advice);
  }

  /// In the order of the reference page: TRL's, then those of papers.
  public static List<LossType> all() {
    return ALL;
  }

  public static List<String> names() {
    return ALL.stream().map(LossType::name).toList();
  }

  /// The loss of a name: a built-in one, or a record of the class path.
  ///
  /// @throws UsageException when there is none, or a class that cannot be a loss
  public static LossType named(String name) throws UsageException {
    for (LossType type : ALL) {
      if (type.name().equals(name)) {
        return type;
      }
    }
    return new LossType(name, own(name), "class " + name, "", "");
  }

  private static Class<? extends Record> own(String name) throws UsageException {
    Class<?> found;
    try {
      found = Class.forName(name, true, LossTypes.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new UsageException(unknown(name));
    } catch (LinkageError e) {
      throw new UsageException(
          "--loss_type %s: the class cannot be loaded: %s; is it compiled for this version and on GAVEL_CLASSPATH with all it needs?"
              .formatted(name, e));
    }
    if (!PreferenceLoss.class.isAssignableFrom(found)) {
      throw new UsageException(
          "--loss_type %s: the class does not implement %s"
              .formatted(name, PreferenceLoss.class.getName()));
    }
    if (!found.isRecord()) {
      throw new UsageException(
          "--loss_type %s: the class is not a record; expected `record %s(double beta) implements PreferenceLoss`"
              .formatted(name, found.getSimpleName()));
    }
    return found.asSubclass(Record.class);
  }

  private static String unknown(String name) {
    return name.contains(".")
        ? "--loss_type %s: no such class on the class path; set GAVEL_CLASSPATH to the jar or folder that holds it"
            .formatted(name)
        : "--loss_type %s: unknown; the nearest is %s, all are %s; a loss of your own is named with its package"
            .formatted(name, Nearest.to(name, names()), String.join(", ", names()));
  }
}
