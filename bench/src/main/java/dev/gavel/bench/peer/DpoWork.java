package dev.gavel.bench.peer;

import dev.gavel.bench.model.DpoStep;
import dev.gavel.bench.model.PairShape;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Whole steps of preference optimization; the first one after loading is not timed.
record DpoWork(Held held, PairShape shape) implements Worker.Work {
  /// What both sides show of each step.
  private static final List<String> FIGURES =
      List.of("loss", "rewards/chosen", "rewards/rejected", "logps/chosen", "logps/rejected");

  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    PairShape s = shape.ragged(ask.flag("ragged"));
    List<Object> key = List.of("dpo", s, ask.model());
    boolean fresh = held.fresh(ask.threads(), key);
    DpoStep step =
        held.state(
            ask.threads(),
            DpoStep.class,
            key,
            device -> new DpoStep(device, s, ask.model(), ask.threads()));
    List<Map<String, Double>> seen = new ArrayList<>();
    if (fresh) {
      seen.add(step.run());
    }
    Calls.of(() -> seen.add(step.run()), ask.seconds(5), ask.least())
        .rates(s.tokens(), "tokens_per", answer);
    for (String figure : FIGURES) {
      ArrayNode list = answer.putArray(figure);
      seen.forEach(means -> list.add(means.get(figure)));
    }
  }
}
