package dev.gavel.bench.peer;

import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.RestModel;
import dev.gavel.bench.model.Voting;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// Votes of the 1B model at rest on a question, its prompt included.
record VotesWork(Held held) implements Worker.Work {
  private record State(RestModel model, Voting voting) implements AutoCloseable {
    @Override
    public void close() {
      model.close();
    }
  }

  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    int length = ask.integer("prompt", 1000);
    int tokens = ask.integer("tokens", 128);
    List<Object> key = List.of("votes", ask.model("1b"), length, tokens);
    State state =
        held.state(
            ask.threads(),
            State.class,
            key,
            device -> {
              RestModel model = RestModel.load(device, ask.model("1b"), ask.threads());
              int vocabulary = model.llama().config().vocabSize();
              int[] prompt = new int[length];
              Arrays.setAll(prompt, i -> ModelShape.token(i, vocabulary));
              return new State(model, new Voting(model, prompt, tokens));
            });
    int votes = ask.integer("votes", 1);
    long start = System.nanoTime();
    state.voting.run(votes, ask.integer("seed", 1));
    answer.put("run_seconds", 1e-9 * (System.nanoTime() - start));
  }
}
