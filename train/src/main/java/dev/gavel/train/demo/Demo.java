package dev.gavel.train.demo;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import dev.gavel.train.run.FolderLock;
import dev.gavel.train.run.FolderSettings;
import dev.gavel.train.run.TrainingLog;
import dev.gavel.train.stage.StageRunner;
import dev.gavel.train.star.StarConfig;
import dev.gavel.train.star.StarRun;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import tools.jackson.databind.node.ObjectNode;

/// The paper in miniature, from nothing to a table: makes a world, trains a model from scratch in
/// it, reads it back as anyone would, trains every method on top of it and lets each one judge.
///
/// Each stage is the `gavel` command of that name, called as a library; what it is called with is
/// shown. A stage that is done is not done again, one that was interrupted goes on.
public final class Demo {
  private final DemoOptions options;
  private final DemoPlan plan;
  private final World world;
  private final DemoFolder folder;
  private final Methods methods;
  private final PrintStream log;
  private final StageRunner runner;
  private int step;

  /// @param log where it says how far it is
  /// @param interrupted looked at between steps and tokens: true ends the work early
  public Demo(DemoOptions options, PrintStream log, BooleanSupplier interrupted) {
    this(options, DemoPlan.of(options), log, interrupted);
  }

  Demo(DemoOptions options, DemoPlan plan, PrintStream log, BooleanSupplier interrupted) {
    this.options = options;
    this.plan = plan;
    this.log = log;
    world = new World(options.seed());
    folder = new DemoFolder(options.outputDir());
    methods = new Methods(options, plan, folder);
    runner =
        new StageRunner(log, interrupted)
            .and(
                "star",
                stage -> new StarRun(stage.bind(StarConfig.class), log, interrupted).run() != null);
  }

  /// Runs what is not done yet, and writes results and report.
  ///
  /// @return the table; empty when interrupted
  /// @throws IllegalStateException for a folder of other settings
  public Optional<String> run() throws IOException {
    step = 0;
    try (FolderLock _ = FolderLock.take(folder.path())) {
      FolderSettings.claim(folder.path(), settings(), folder.world().getFileName().toString());
      say("the world: questions, answers, people and judges, in " + folder.world());
      new WorldFiles(world, plan, folder, options.sources()).write();
      say("the base model, from random weights");
      if (!runner.run(methods.base())) {
        return Optional.empty();
      }
      say("reading " + folder.base() + " back");
      double rightMark = rightMark();
      for (Method method : methods.all()) {
        say(method.name() + ": " + method.about());
        if (!runner.run(method.stages())) {
          return Optional.empty();
        }
      }
      return Optional.of(report(rightMark));
    }
  }

  /// Begins the next part: world, base, reading, then one for each method.
  private void say(String what) {
    log.printf("%d/%d %s%n", ++step, 3 + methods.all().size(), what);
  }

  private ObjectNode settings() {
    ObjectNode settings = Json.mapper().createObjectNode();
    settings.put("demo", "miniature").put("seed", options.seed()).put("fast", options.fast());
    return settings.put("scale", options.scale()).put("device", options.device());
  }

  private double rightMark() throws IOException {
    ModelOptions base = methods.readingBase().bind(ModelOptions.class).options();
    try (LoadedModel model = LoadedModel.open(base)) {
      double rightMark = RightMark.measure(model, world.probes(plan.probes()));
      log.printf("right mark on clean chains: %.3f%n", rightMark);
      return rightMark;
    }
  }

  // ---------------------------------------------------------------- results

  private String report(double rightMark) throws IOException {
    Bootstrap bootstrap = new Bootstrap(options.seed(), Bootstrap.RESAMPLES);
    List<MethodResult> found = new ArrayList<>();
    for (Method method : methods.all()) {
      MethodResult result =
          MethodResult.of(method, judged(method, Domain.IN), judged(method, Domain.OUT), bootstrap);
      found.add(method.round() == 0 ? result : result.with(Round.read(method.model())));
    }
    DemoResults results = DemoResults.of(found, rightMark, plan.tooShort(), bootstrap);
    AtomicFiles.writeString(folder.results(), Json.writePretty(results.toJson()));
    LearningCurve learning = LearningCurve.read(folder.base().resolve(TrainingLog.METRICS));
    AtomicFiles.writeString(
        folder.report(), new DemoPage(plan, results, learning, methods.base()).html());
    log.println("report: " + folder.report().toAbsolutePath().toUri());
    return DemoTable.text(results);
  }

  private List<Judged> judged(Method method, Domain domain) throws IOException {
    return Judged.read(
        method.judging(domain).outputDir(),
        folder.tests(domain, method.form()),
        switch (domain) {
          case IN -> world.inDomain(plan.inDomain());
          case OUT ->
              Arrays.stream(Section.values())
                  .flatMap(s -> world.outOfDomain(s, plan.perSection()).stream())
                  .toList();
        });
  }
}
