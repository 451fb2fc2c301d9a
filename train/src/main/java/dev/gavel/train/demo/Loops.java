package dev.gavel.train.demo;

import dev.gavel.train.demo.LabelledPair.Form;
import dev.gavel.train.demo.Method.Role;
import dev.gavel.train.demo.ModelFiles.Prompt;
import dev.gavel.train.judge.VotesFile;
import dev.gavel.train.stage.Stage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The methods that learn in rounds (STaR), and the judges whose chains some of them begin with.
final class Loops {
  private final Stages stages;
  private final DemoPlan plan;
  private final DemoFolder folder;

  Loops(Stages stages) {
    this.stages = stages;
    this.plan = stages.plan();
    this.folder = stages.folder();
  }

  /// @param sources with which loops begin
  /// @param imitates whether one learns from the foreign source in every round
  List<Method> all(Set<Source> sources, boolean imitates) {
    List<Method> all = new ArrayList<>();
    all.addAll(
        rounds(
            "star-dpo",
            "STaR-DPO",
            Role.DPO,
            "the judge, taught to prefer its own right chains to its wrong ones",
            List.of(loop("1e-4").with("mode", "dpo").with("samples_per_prompt", 4))));
    all.addAll(
        rounds(
            "star-sft",
            "STaR-SFT",
            Role.SFT,
            "the judge, taught those of its chains that came out right",
            List.of(loop("1e-4").with("mode", "sft").with("samples_per_prompt", 1))));
    all.addAll(
        rounds(
            "star-rationalizer",
            "STaR-Rationalizer",
            Role.RATIONALIZER,
            "the judge, taught reasons that the base model found when told the right verdict",
            List.of(
                loop("2e-3")
                    .with("mode", "rationalizer")
                    .with("rationale_template", folder.prompt(Prompt.EXPLAIN))
                    .with("verdict_suffix", " [[X]]"))));
    for (Source source : Source.values()) {
      if (sources.contains(source)) {
        all.add(source(source));
        all.addAll(bootstrapped(source, "", Role.BOOTSTRAPPED, 1));
      }
      if (source == Source.FOREIGN && imitates) {
        all.addAll(bootstrapped(source, " (full)", Role.IMITATOR, World.SPLITS));
      }
    }
    return all;
  }

  /// Every round's model as a method; the first one's training is the whole loop.
  private List<Method> rounds(
      String id, String family, Role role, String about, List<Stage> training) {
    Path to = folder.model(id);
    training.getLast().with("output_dir", to);
    List<Method> rounds = new ArrayList<>();
    for (int k = 1; k <= World.SPLITS; k++) {
      boolean main = k == World.SPLITS && (role != Role.BOOTSTRAPPED && role != Role.IMITATOR);
      rounds.add(
          stages.method(
              id + "-" + k,
              family,
              k,
              role,
              about,
              k == 1 ? training : List.of(),
              DemoFolder.round(to, k),
              "cot",
              stages.voting(main ? plan.votes() : plan.someVotes())));
    }
    return rounds;
  }

  private Stage loop(String rate) {
    Stage stage =
        stages
            .onBase("star", rate)
            .with("dataset", folder.preferences(Form.TEXTS))
            .with("iterations", World.SPLITS)
            .with("num_train_epochs", plan.epochs());
    return stages.thinking(stage);
  }

  // ---------------------------------------------------------------- sources

  private Method source(Source source) {
    return stages.method(
        "source-" + source.id(),
        "source: " + source.title(),
        0,
        Role.SOURCE,
        "a judge with a quarter of the base model's errors, whose chains are learned from",
        List.of(taught(source)),
        folder.model(source.id()),
        "cot",
        stages.voting(plan.someVotes()));
  }

  private Stage taught(Source source) {
    return stages
        .onBase("sft", "1e-3")
        .with("dataset", folder.lessons(source))
        .with("num_train_epochs", 1)
        .with("output_dir", folder.model(source.id()));
  }

  private List<Method> bootstrapped(Source source, String more, Role role, int iterations) {
    Path rationales = folder.rationales(source);
    Stage asked =
        stages.judging(
            "cot",
            folder.model(source.id()),
            folder.preferences(Form.TEXTS),
            rationales,
            stages.voting(1));
    Stage loop =
        loop("1e-4")
            .with("mode", "sft")
            .with("rationales", rationales.resolve(VotesFile.NAME))
            .with("bootstrap_iterations", iterations);
    return rounds(
        "star-sft-from-" + source.id() + (more.isEmpty() ? "" : "-full"),
        "STaR-SFT from " + source.title() + more,
        role,
        iterations == 1
            ? "STaR-SFT whose first round learns the source's chains"
            : "STaR-SFT whose rounds all learn the source's chains",
        List.of(taught(source), asked, loop));
  }
}
