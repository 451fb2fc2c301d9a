package dev.gavel.train.run;

import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What a training says about itself: `metrics.jsonl`, which a resumed run reproduces byte for
/// byte, and what knows the clock: `timings.jsonl` and a TensorBoard event file.
public final class TrainingLog implements AutoCloseable {
  /// Figures by step.
  public static final String METRICS = "metrics.jsonl";

  /// Times and rates.
  public static final String TIMINGS = "timings.jsonl";

  private static final String EVAL = "eval_";

  private final FileChannel metrics;
  private final FileChannel timings;
  private final EventFile events;
  private final List<Map<String, Number>> history;
  private final long start = System.nanoTime();

  /// @param state where the run goes on: rows of later steps are cut off
  public TrainingLog(Path dir, TrainerState state) throws IOException {
    history = new ArrayList<>(state.history());
    StringBuilder text = new StringBuilder();
    history.forEach(row -> text.append(line(row)));
    AtomicFiles.writeString(dir.resolve(METRICS), text.toString());
    metrics = append(dir.resolve(METRICS));
    timings = append(dir.resolve(TIMINGS));
    events = new EventFile(dir, state.step(), now());
  }

  private static FileChannel append(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static double now() {
    return System.currentTimeMillis() / 1e3;
  }

  private static String line(Map<String, Number> row) {
    return Json.write(TrainerState.json(row)) + "\n";
  }

  /// The rows that a run has written so far; half a line at the end, of a run that was killed or is
  /// writing, is left out.
  ///
  /// @param file one of the two files of a run
  public static List<Map<String, Number>> read(Path file) throws IOException {
    String text = Files.exists(file) ? Files.readString(file) : "";
    List<Map<String, Number>> rows = new ArrayList<>();
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      rows.add(TrainerState.row(Json.parse(line, file + ":" + (rows.size() + 1))));
    }
    return rows;
  }

  /// Adds a row.
  ///
  /// @param row begins with `step` and `epoch`
  public void write(Map<String, Number> row) throws IOException {
    history.add(row);
    write(metrics, line(row));
    long step = row.getOrDefault("step", 0).longValue();
    Map<String, Double> scalars = new LinkedHashMap<>();
    row.forEach((key, value) -> {
      if (!key.equals("step")) {
        scalars.put(tag(key), value.doubleValue());
      }
    });
    events.scalars(now(), step, scalars);
  }

  /// Adds a row of times.
  ///
  /// @param tokensPerSecond since the last one
  public void time(long step, double tokensPerSecond) throws IOException {
    ObjectNode timing = JsonNodeFactory.instance.objectNode().put("step", step);
    timing.put("seconds", (System.nanoTime() - start) / 1e9);
    timing.put("tokens_per_second", tokensPerSecond);
    write(timings, Json.write(timing) + "\n");
    events.scalars(now(), step, Map.of("train/tokens_per_second", tokensPerSecond));
  }

  private static String tag(String key) {
    return key.startsWith(EVAL) ? "eval/" + key.substring(EVAL.length()) : "train/" + key;
  }

  private static void write(FileChannel channel, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /// All rows so far, those before a resumption too.
  public List<Map<String, Number>> history() {
    return List.copyOf(history);
  }

  @Override
  public void close() throws IOException {
    metrics.close();
    timings.close();
    events.close();
  }
}
