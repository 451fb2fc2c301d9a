package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.optim.AdamW;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.loss.TokenCrossEntropy;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `--dry_run true`: what a run would take, without a run. Rates are measured on its first steps at
/// learning rate 0, which change nothing.
public final class SftEstimate {
  private static final long MEASURE_NANOS = 3_000_000_000L;
  private static final int LEAST_STEPS = 2;

  private SftEstimate() {}

  public static ObjectNode of(SftConfig config, RunContext context) throws IOException {
    ModelSource source = ModelSource.open(config.model());
    SftData data = SftData.read(config, source, context.err());
    long[] largest = data.largestBatch();
    MemoryNeed memory = data.memory(config, source.config());
    OptionalLong free = SystemMemory.free();
    context.err().println(memory.describe(free));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("rows", data.rows().size()).put("steps", data.plan().steps());
    json.put("tokens", data.plannedTokens());
    json.put("largest_batch_tokens", largest[0]).put("memory_bytes", memory.bytes());
    free.ifPresent(bytes -> json.put("free_bytes", bytes));
    if (!memory.fits(free)) {
      return json; // measuring would take that memory
    }
    double rate = rate(config, source, data);
    json.put("tokens_per_second", rate).put("seconds", data.plannedTokens() / rate);
    return json;
  }

  /// Tokens per second, the first step left out.
  private static double rate(SftConfig config, ModelSource source, SftData data)
      throws IOException {
    StartOptions on = config.model();
    try (Device device = Devices.open(on.device(), on.dtype().arithmetic(), on.threadCount());
        Llama model = source.load(device, Optional.empty());
        AdamW optimizer = new AdamW(model.parameters(), config.train().adamW())) {
      model.gradientCheckpointing(config.train().gradientCheckpointing());
      step(model, optimizer, data, 0);
      long tokens = 0;
      long start = System.nanoTime();
      for (int i = 1; i <= LEAST_STEPS || System.nanoTime() - start < MEASURE_NANOS; i++) {
        tokens += step(model, optimizer, data, i % data.plan().steps());
      }
      return tokens / ((System.nanoTime() - start) / 1e9);
    }
  }

  private static long step(Llama model, AdamW optimizer, SftData data, int number) {
    long tokens = 0;
    for (TokenBatch batch : data.batches(data.plan().step(number))) {
      try (Tape tape = Tape.record()) {
        tape.backward(TokenCrossEntropy.sum(SftRecipe.score(model, batch).values()), 1);
      }
      tokens += batch.tokens();
    }
    optimizer.step(0, 1);
    return tokens;
  }
}
