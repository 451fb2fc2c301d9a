package dev.gavel.bench.report;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.peer.Peer;
import dev.gavel.bench.peer.PeersFolder;
import dev.gavel.llama.RandomFolder;
import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.io.SafetensorsDType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Training steps against PyTorch + transformers, from the same weights on the same texts.
///
/// @param shape `7m` or `100m`
/// @param turns of each side
/// @param turnSeconds of a turn; a step is never cut
/// @param warmUp seconds of steps of ours that nobody counts, behind a first turn that nobody
///   counts either: the compiler works beside the first steps; 0 where a step takes longer
record SftSection(String shape, int turns, double turnSeconds, double warmUp) implements Section {
  @Override
  public String name() {
    return "sft_" + shape;
  }

  @Override
  public String title() {
    return "Training step, f32, %s weights, against PyTorch"
        .formatted(shape.toUpperCase(Locale.ROOT));
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    ModelShape s = ModelShape.named(shape);
    Path folder = folder(s);
    List<Bar> bars = new ArrayList<>();
    Table table = new Table(StepRatio.heads("PyTorch").toArray(String[]::new));
    String losses = "";
    try (Peer gavel = bench.gavel();
        Peer torch = bench.required("torch");
        Peer limits = bench.required("limits")) {
      String isa = Bench.isa(gavel);
      for (int threads : new int[] {1, 2}) {
        bench.say("  " + Words.threads(threads));
        ObjectNode fma = Peer.request("fma").put("isa", isa).put("threads", threads);
        JsonNode peak = limits.ask(fma.put("seconds", 0.5));
        ObjectNode request = request(bench, threads, folder);
        List<Turns.Side> sides =
            List.of(new Turns.Side(gavel, request), new Turns.Side(torch, request));
        if (threads == 1 && warmUp > 0) {
          losses = losses(Turns.take(1, sides));
          gavel.ask(request.deepCopy().put("seconds", warmUp));
        }
        Turns t = Turns.take(bench.turns(turns), sides);
        if (losses.isEmpty()) {
          losses = losses(t);
        }
        StepRatio ratio = new StepRatio(t, threads, s.stepFlops() / (s.rows() * s.tokens()), peak);
        table.row(ratio.cells().toArray());
        bars.add(ratio.bar("SFT step " + shape.toUpperCase(Locale.ROOT), "PyTorch"));
      }
    }
    String text =
        "%d layers of %d, %d / %d heads of %d, FFN %d, vocabulary %d tied; %d x %d tokens a step: forward, loss, backward, clipping, AdamW. %s\n\n%s\n"
            .formatted(
                s.layers(),
                s.hidden(),
                s.heads(),
                s.kvHeads(),
                s.headDim(),
                s.ffn(),
                s.vocabulary(),
                s.rows(),
                s.tokens(),
                losses,
                table);
    return new Result(bars, text);
  }

  private ObjectNode request(Bench bench, int threads, Path folder) {
    ObjectNode request = Peer.request(name()).put("threads", threads);
    request.put("model", folder.toString()).put("seconds", bench.seconds(turnSeconds));
    return request.put("least", 1);
  }

  /// The losses of the first steps, which both sides did from the same weights on the same texts.
  private static String losses(Turns turns) {
    JsonNode gavel = turns.first(0);
    JsonNode torch = turns.first(1);
    int steps = Math.min(gavel.path("loss").size(), torch.path("loss").size());
    double most = 0;
    for (int i = 0; i < steps; i++) {
      double ours = gavel.path("loss").get(i).asDouble();
      most = Math.max(most, Math.abs(ours - torch.path("loss").get(i).asDouble()));
    }
    return String.format(
        Locale.ROOT,
        "Both begin with the same weights and texts: after %d steps the losses are %.5f and %.5f, never more than %.1e apart.",
        steps,
        gavel.path("loss").get(steps - 1).asDouble(),
        torch.path("loss").get(steps - 1).asDouble(),
        most);
  }

  /// Random weights in f32, made once.
  static Path folder(ModelShape shape) throws IOException {
    Path folder = PeersFolder.path().resolve("models").resolve(shape.name());
    if (!Files.exists(folder.resolve("config.json"))) {
      LlamaConfig config = shape.config(SafetensorsDType.F32);
      int threads = Runtime.getRuntime().availableProcessors();
      RandomFolder.write(new RandomWeights(config, 1, false), folder, Optional.empty(), threads);
    }
    return folder;
  }
}
