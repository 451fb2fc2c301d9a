package dev.gavel.bench.peer;

import dev.gavel.bench.model.PairShape;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.run.SystemMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Gavel's own side of the turns: a long-lived process that does the work that each line of standard
/// input asks for, and answers on standard output. Protocol: `bench/peers/README.md`.
///
///     echo '{"work":"gemm","m":1024,"n":1024,"k":1024,"layout":"NT"}' | ./gavel bench worker
public final class Worker implements AutoCloseable {
  /// Answers a kind of request.
  interface Work {
    void run(Ask ask, ObjectNode answer) throws IOException;
  }

  private final Held held = new Held();
  private final Map<String, Work> works = new LinkedHashMap<>();

  Worker() {
    works.put("hello", (ask, answer) -> held.hello(ask, answer));
    works.put("gemm", new GemmWork(held));
    works.put("sft_7m", new SftWork(held, "7m"));
    works.put("sft_100m", new SftWork(held, "100m"));
    works.put("dpo_7m", new DpoWork(held, PairShape.named("7m")));
    works.put("dpo_100m", new DpoWork(held, PairShape.named("100m")));
    works.put("decode_1b", new DecodeWork(held, 1));
    works.put("decode_1b_32", new DecodeWork(held, 32));
    works.put("votes_1b", new VotesWork(held));
    works.put("load_1b", new LoadWork(held));
    works.put("drop", (_, _) -> held.drop());
  }

  /// Answers until the input ends or asks to quit.
  public static void main(String[] args) throws IOException {
    PrintStream out = System.out;
    System.setOut(System.err); // answers only on standard output, whoever else prints
    try (Worker worker = new Worker()) {
      worker.serve(new InputStreamReader(System.in, StandardCharsets.UTF_8), out);
    }
  }

  void serve(Reader in, PrintStream out) throws IOException {
    BufferedReader lines = new BufferedReader(in);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      ObjectNode answer = Json.mapper().createObjectNode();
      try {
        JsonNode request = Json.parse(line, "request");
        String name = request.path("work").asString("");
        answer.put("work", name);
        if (name.equals("quit")) {
          return;
        }
        answer(name, new Ask(request), answer);
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        answer.put("error", e.getClass().getSimpleName() + ": " + e.getMessage());
      }
      out.println(Json.write(answer));
      out.flush();
    }
  }

  private void answer(String name, Ask ask, ObjectNode answer) throws IOException {
    Work work = works.get(name);
    if (work == null) {
      throw new IllegalArgumentException(
          "unknown work '%s'; known: %s".formatted(name, String.join(", ", works.keySet())));
    }
    work.run(ask, answer);
    SystemMemory.peak().ifPresent(bytes -> answer.put("vm_hwm", bytes));
  }

  @Override
  public void close() {
    held.close();
  }
}
