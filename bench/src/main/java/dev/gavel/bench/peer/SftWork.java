package dev.gavel.bench.peer;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.SftStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Whole training steps; the first one after loading is not timed.
record SftWork(Held held, String shape) implements Worker.Work {
  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    ModelShape s = ModelShape.named(shape);
    List<Object> key = List.of("sft", shape, ask.model());
    boolean fresh = held.fresh(ask.threads(), key);
    SftStep step =
        held.state(
            ask.threads(),
            SftStep.class,
            key,
            device -> new SftStep(device, s, ask.model(), ask.threads()));
    List<Double> losses = new ArrayList<>();
    if (fresh) {
      losses.add(step.run());
    }
    Calls.of(() -> losses.add(step.run()), ask.seconds(5), ask.least())
        .rates((double) s.rows() * s.tokens(), "tokens_per", answer);
    ArrayNode list = answer.putArray("loss");
    losses.forEach(list::add);
  }
}
