package dev.gavel.bench.peer;

import dev.gavel.bench.model.Decoding;
import dev.gavel.bench.model.ModelShape;
import dev.gavel.bench.model.RestModel;
import dev.gavel.tensor.Device;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Decode steps of the 1B model at rest.
record DecodeWork(Held held, int copies) implements Worker.Work {
  /// Greedy tokens of the prompt that the answer shows.
  private static final int SHOWN = 16;

  private record State(RestModel model, Decoding decoding, int[] greedy) implements AutoCloseable {
    static State of(Device device, Ask ask, int copies) throws IOException {
      RestModel model = RestModel.load(device, ask.model("1b"), ask.threads());
      int length = ask.integer("prompt", copies > 1 ? 500 : 8);
      int[] prompt = new int[length];
      int vocabulary = model.llama().config().vocabSize();
      Arrays.setAll(prompt, i -> ModelShape.token(i, vocabulary));
      Decoding decoding = new Decoding(model, prompt, copies);
      return new State(model, decoding, copies > 1 ? new int[0] : decoding.greedy(SHOWN));
    }

    @Override
    public void close() {
      decoding.close();
      model.close();
    }
  }

  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    List<Object> key = List.of("decode", copies, ask.model("1b"), ask.integer("prompt", 0));
    State state =
        held.state(ask.threads(), State.class, key, device -> State.of(device, ask, copies));
    Decoding decoding = state.decoding;
    decoding.prepare();
    decoding.step();
    Calls.of(decoding::prepare, decoding::step, ask.seconds(5), ask.least())
        .rates(copies, "tokens_per", answer);
    ArrayNode ids = answer.putArray("ids");
    Arrays.stream(state.greedy).forEach(ids::add);
  }
}
