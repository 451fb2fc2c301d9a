package dev.gavel.bench.report;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.peer.Peer;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The most memory of a training command and of a first token (VmHWM).
final class MemorySection implements Section {
  private static final double SFT_BYTES = 3.5e9;
  private static final int STEPS = 2;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String title() {
    return "Peak memory";
  }

  @Override
  public Result measure(Bench bench) throws IOException {
    Table table = new Table("work", "peak", "beside");
    List<Bar> bars = new ArrayList<>();
    bench.say("  sft of the 100M shape");
    long ours = sft(bench);
    long torch = torch(bench);
    table.row(
        "`gavel sft`, 100M, 2 x 512 tokens a step, with saving",
        Words.gigabytes(ours),
        "PyTorch, training steps alone: " + Words.gigabytes(torch));
    bars.add(
        new Bar(
            "peak memory of SFT, 100M",
            Words.gigabytes(ours),
            "at most 3.5 GB and PyTorch's %s".formatted(Words.gigabytes(torch)),
            ours <= SFT_BYTES && ours <= torch));
    bench.say("  first token of the 1B model");
    long bytes;
    try (ModelFolder folder = ModelFolder.open(bench.model1b())) {
      bytes = folder.weightBytes();
    }
    long first = FirstToken.run(bench).peakBytes();
    double most = 1.25 * bytes + 600e6;
    table.row(
        "`gavel generate`, 1B in bf16, first token",
        Words.gigabytes(first),
        "the weights: " + Words.gigabytes(bytes));
    bars.add(
        new Bar(
            "peak memory of a first token, 1B",
            Words.gigabytes(first),
            "at most %s (1.25 x the weights + 600 MB)".formatted(Words.gigabytes(most)),
            first <= most));
    return new Result(bars, table.toString());
  }

  private static long torch(Bench bench) throws IOException {
    try (Peer torch = bench.required("torch")) {
      ObjectNode request = Peer.request("sft_100m").put("threads", 2).put("seconds", 0);
      return (long) Turns.number(torch.ask(request.put("least", STEPS - 1)), "vm_hwm");
    }
  }

  /// A training as a user starts it, of rows that are ids already.
  private static long sft(Bench bench) throws IOException {
    ModelShape shape = ModelShape.named("100m");
    Path folder = Files.createTempDirectory("gavel-bench");
    try {
      Path rows = folder.resolve("rows.jsonl");
      Files.write(rows, rows(shape));
      return Command.run(
              bench,
              "sft",
              "--model_name_or_path=" + SftSection.folder(shape),
              "--dataset=" + rows,
              "--output_dir=" + folder.resolve("run"),
              "--per_device_train_batch_size=" + shape.rows(),
              "--max_steps=" + STEPS,
              "--threads=2")
          .peakBytes();
    } finally {
      delete(folder);
    }
  }

  private static List<String> rows(ModelShape shape) {
    List<String> rows = new ArrayList<>();
    for (int r = 0; r < shape.rows() * STEPS; r++) {
      ObjectNode row = Json.mapper().createObjectNode();
      ArrayNode ids = row.putArray("input_ids");
      for (int id : shape.text((long) r * shape.tokens(), shape.tokens())) {
        ids.add(id);
      }
      row.set("labels", ids);
      rows.add(Json.write(row));
    }
    return rows;
  }

  private static void delete(Path folder) throws IOException {
    List<Path> all;
    try (var walk = Files.walk(folder)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }
}
