package dev.gavel.bench.peer;

import dev.gavel.tensor.io.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The asking side: a process of the protocol of `bench/peers/README.md`, one request at a time.
public final class Peer implements AutoCloseable {
  /// Longer than any request of a report takes; what takes longer hangs.
  private static final long LIMIT_MINUTES = 15;

  private final String name;
  private final Process process;
  private final Writer requests;
  private final BufferedReader answers;
  private final Consumer<String> log;

  private Peer(String name, Process process, Consumer<String> log) {
    this.name = name;
    this.process = process;
    this.log = log;
    requests = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /// @param log gets every request and answer
  public static Peer start(String name, List<String> command, Consumer<String> log)
      throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return new Peer(name, process, log);
  }

  /// A request without keys yet.
  public static ObjectNode request(String work) {
    return Json.mapper().createObjectNode().put("work", work);
  }

  public String name() {
    return name;
  }

  /// @throws IOException if it answers with an error, or not at all
  public JsonNode ask(ObjectNode request) throws IOException {
    String line = Json.write(request);
    log.accept(name + " <- " + line);
    String answer;
    try (Watchdog _ = new Watchdog()) {
      requests.write(line + "\n");
      requests.flush();
      answer = answers.readLine();
    }
    log.accept(name + " -> " + answer);
    if (answer == null) {
      throw new IOException("%s ended at %s".formatted(name, line));
    }
    JsonNode json = Json.parse(answer, name);
    @Nullable String error = json.path("error").asString(null);
    if (error != null) {
      throw new IOException("%s: %s fails: %s".formatted(name, line, error));
    }
    return json;
  }

  /// Ends the process if an answer takes too long.
  private final class Watchdog implements AutoCloseable {
    private final Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                TimeUnit.MINUTES.sleep(LIMIT_MINUTES);
                process.destroyForcibly();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // the answer has come
              }
            });

    @Override
    public void close() {
      thread.interrupt();
    }
  }

  @Override
  public void close() {
    try {
      requests.close(); // the end of its input ends it
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (IOException e) {
      process.destroyForcibly(); // it was gone already
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
