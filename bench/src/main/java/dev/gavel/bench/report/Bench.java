package dev.gavel.bench.report;

import dev.gavel.bench.Jvm;
import dev.gavel.bench.peer.Peer;
import dev.gavel.bench.peer.PeersFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/// What the sections of a report share: who can be asked, and how long to ask.
///
/// @param home the source tree
/// @param log gets every request and answer
record Bench(ReportOptions options, Path home, PrintStream progress, Consumer<String> log) {
  /// @param few turns of a report in minutes
  int turns(int few) {
    return options.turns() > 0 ? options.turns() : options.full() ? 3 * few : few;
  }

  /// Seconds of a turn.
  double seconds(double few) {
    return options.full() ? 2 * few : few;
  }

  void say(String what) {
    progress.println(what);
  }

  /// A fresh worker of our own, whose JVM has this one's options.
  Peer gavel() throws IOException {
    return gavel(List.of());
  }

  /// @param jvm more options
  Peer gavel(List<String> jvm) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(java().toString());
    command.addAll(List.of(Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(jvm);
    command.addAll(List.of("-jar", System.getProperty("java.class.path"), "worker"));
    return Peer.start("Gavel", command, log);
  }

  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /// A fresh process of another system; empty, with a word to the user, where it was not built.
  ///
  /// @param starter its name in `bin` of the peers' folder
  Optional<Peer> peer(String starter) throws IOException {
    Path program = PeersFolder.path().resolve("bin").resolve(starter);
    if (!Files.isExecutable(program)) {
      say("  %s is not here; bench/peers/setup.sh makes it".formatted(program));
      return Optional.empty();
    }
    return Optional.of(Peer.start(starter, List.of(program.toString()), log));
  }

  /// Likewise, where nothing can be said without it.
  Peer required(String starter) throws IOException {
    return peer(starter)
        .orElseThrow(() ->
            new IOException("%s is not built: bench/peers/setup.sh makes it".formatted(starter)));
  }

  /// The model of the 1B shape, as a Hugging Face folder.
  Path model1b() throws IOException {
    Path folder = PeersFolder.path().resolve("models").resolve("1b");
    if (!Files.exists(folder.resolve("config.json"))) {
      throw new IOException("the 1B model is not here: bench/peers/setup.sh makes it");
    }
    return folder;
  }

  /// `avx2` or `avx512`: what our kernels run on.
  static String isa(Peer gavel) throws IOException {
    JsonNode hello = gavel.ask(Peer.request("hello"));
    return hello.path("backend").asString("").endsWith("512") ? "avx512" : "avx2";
  }
}
