package dev.gavel.bench.peer;

import dev.gavel.bench.model.Decoding;
import dev.gavel.bench.model.RestModel;
import dev.gavel.tensor.Device;
import java.io.IOException;
import tools.jackson.databind.node.ObjectNode;

/// From cached files to the first token: a figure that means something comes from a fresh process.
record LoadWork(Held held) implements Worker.Work {
  private static final int[] PROMPT = {128000, 9906};

  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    held.drop();
    Device device = held.device(ask.threads());
    long start = System.nanoTime();
    try (RestModel model = RestModel.load(device, ask.model("1b"), ask.threads())) {
      double loaded = 1e-9 * (System.nanoTime() - start);
      try (Decoding decoding = new Decoding(model, PROMPT, 1)) {
        int first = decoding.greedy(1)[0];
        answer.put("load_s", loaded);
        answer.put("first_token_s", 1e-9 * (System.nanoTime() - start));
        answer.put("first_token", first);
      }
    }
  }
}
