package dev.gavel.train.demo;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Where a demo keeps what.
record DemoFolder(Path path) {
  static final String RESULTS = "results.json";
  static final String REPORT = "report.html";

  /// Everything that is generated: corpus, configs, tokenizer, prompt, test pairs.
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

  Path judgePrompt() {
    return world().resolve("judge.json");
  }

  Path inDomain() {
    return world().resolve("in-domain.jsonl");
  }

  Path outOfDomain(Section section) {
    return world().resolve(section.id() + ".jsonl");
  }

  List<Path> outOfDomain() {
    return Arrays.stream(Section.values()).map(this::outOfDomain).toList();
  }

  /// The run folder of the base model, and at its end a Hugging Face folder.
  Path base() {
    return path.resolve("base");
  }

  Path judgedInDomain() {
    return path.resolve("judged-in-domain");
  }

  Path judgedOutOfDomain() {
    return path.resolve("judged-out-of-domain");
  }

  Path results() {
    return path.resolve(RESULTS);
  }

  Path report() {
    return path.resolve(REPORT);
  }
}
