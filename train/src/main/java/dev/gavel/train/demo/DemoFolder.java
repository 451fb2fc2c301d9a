package dev.gavel.train.demo;

import dev.gavel.train.demo.LabelledPair.Form;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Where a demo keeps what.
record DemoFolder(Path path) {
  static final String RESULTS = "results.json";
  static final String REPORT = "report.html";

  /// Everything that is generated: corpus, configs, tokenizer, prompts, pairs.
  Path world() {
    return path.resolve("world");
  }

  Path config() {
    return world().resolve("config.json");
  }

  Path corpus(int phase) {
    return world().resolve("phase-" + (phase + 1) + ".jsonl");
  }

  /// Clean chains, only their marks labelled.
  Path marks() {
    return world().resolve("marks.jsonl");
  }

  Path prompt(ModelFiles.Prompt prompt) {
    return world().resolve(prompt.file());
  }

  Path preferences(int split, Form form) {
    return world().resolve(form.file("preferences-" + (split + 1)));
  }

  List<Path> preferences(Form form) {
    return IntStream.range(0, World.SPLITS).mapToObj(i -> preferences(i, form)).toList();
  }

  Path inDomain(Form form) {
    return world().resolve(form.file("in-domain"));
  }

  Path outOfDomain(Section section, Form form) {
    return world().resolve(form.file(section.id()));
  }

  List<Path> tests(Domain domain, Form form) {
    return switch (domain) {
      case IN -> List.of(inDomain(form));
      case OUT -> Arrays.stream(Section.values()).map(s -> outOfDomain(s, form)).toList();
    };
  }

  /// The run folder of the base model, and at its end a Hugging Face folder.
  Path base() {
    return path.resolve("base");
  }

  /// The run folder of a trained model or of a loop.
  Path model(String id) {
    return path.resolve(id);
  }

  /// The model of a round.
  static Path round(Path loop, int number) {
    return loop.resolve("iteration-" + number);
  }

  /// What a source is taught by.
  Path lessons(Source source) {
    return world().resolve("lessons-" + source.id() + ".jsonl");
  }

  /// A source's chains on the preferences.
  Path rationales(Source source) {
    return path.resolve("judged").resolve("rationales-" + source.id());
  }

  /// What a method says about the test.
  Path judged(String id, Domain domain) {
    return path.resolve("judged").resolve(id).resolve(domain.id());
  }

  Path results() {
    return path.resolve(RESULTS);
  }

  Path report() {
    return path.resolve(REPORT);
  }
}
