package dev.gavel.cli;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Numbers;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowFeed;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.data.RowWriter;
import dev.gavel.train.model.LoadedModel;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Answers rows: many run together, a finished one waits for those before it.
final class GenerateRows implements Listener {
  /// Rows that may wait for a slower one before them, for each sample that runs at once.
  private static final int AHEAD = 16;

  private final LoadedModel model;
  private final RequestMaker requests;
  private final int batchSize;
  private final @Nullable OrderedText stream;
  private final Deque<Slot> slots = new ArrayDeque<>();
  private final Map<Request, Slot> running = new IdentityHashMap<>();
  private long texts;

  /// A row on its way from input to output.
  private static final class Slot {
    final Item item;
    final long firstText;
    @Nullable ObjectNode result;
    @Nullable BadRow bad;

    Slot(Item item, long firstText) {
      this.item = item;
      this.firstText = firstText;
    }

    boolean done() {
      return result != null || bad != null;
    }
  }

  /// @param stream where texts are shown while they grow, or null
  GenerateRows(
      LoadedModel model, RequestMaker requests, int batchSize, @Nullable OutputStream stream) {
    this.model = model;
    this.requests = requests;
    this.batchSize = batchSize;
    this.stream = stream == null ? null : new OrderedText(stream);
  }

  void run(RowReader in, RowWriter out, Generator.Limits limits) throws IOException {
    RowFeed feed = RowFeed.of(in, 2 * batchSize);
    try (Generator generator = new Generator(model.llama(), model.tokenizer(), limits, this)) {
      while (!feed.ended() || !slots.isEmpty()) {
        takeRows(feed, generator);
        if (generator.busy()) {
          generator.step();
        }
        writeFinished(out);
      }
    }
  }

  /// Takes what is at hand and has room; waits for a row only when there is nothing else to do.
  private void takeRows(RowFeed feed, Generator generator) throws IOException {
    while (generator.queued() < batchSize && slots.size() < AHEAD * batchSize) {
      Item item = feed.next(slots.isEmpty());
      if (item == null) {
        return;
      }
      Slot slot = new Slot(item, texts);
      slots.add(slot);
      switch (item) {
        case BadRow bad -> slot.bad = bad;
        case Row row -> submit(slot, row, generator);
      }
    }
  }

  private void submit(Slot slot, Row row, Generator generator) {
    try {
      Request request = requests.of(row);
      texts += request.n();
      running.put(request, slot);
      generator.submit(request);
    } catch (RowException | IllegalArgumentException e) {
      slot.bad = row.bad(String.valueOf(e.getMessage()));
    }
  }

  private void writeFinished(RowWriter out) throws IOException {
    boolean wrote = false;
    while (!slots.isEmpty() && slots.getFirst().done()) {
      Slot slot = slots.removeFirst();
      if (slot.bad != null) {
        out.write(slot.bad);
      } else {
        out.write((Row) slot.item, Objects.requireNonNull(slot.result));
      }
      wrote = true;
    }
    if (wrote) {
      out.flush();
    }
  }

  // ---------------------------------------------------------------- what the generator tells

  @Override
  public void text(Request request, int draw, String text) {
    if (stream != null) {
      stream.append(slot(request).firstText + draw, text);
    }
  }

  @Override
  public void sample(Request request, Sample sample) {
    if (stream != null) {
      stream.end(slot(request).firstText + sample.draw());
    }
  }

  @Override
  public void finished(Request request, List<Sample> samples) {
    Slot slot = slot(request);
    running.remove(request);
    try {
      slot.result = result(samples);
    } catch (IllegalArgumentException e) {
      slot.bad = ((Row) slot.item).bad(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void failed(Request request, String reason) {
    Slot slot = slot(request);
    running.remove(request);
    slot.bad = ((Row) slot.item).bad(reason);
    for (int i = 0; stream != null && i < request.n(); i++) {
      stream.end(slot.firstText + i);
    }
  }

  private Slot slot(Request request) {
    return Objects.requireNonNull(running.get(request));
  }

  private ObjectNode result(List<Sample> samples) {
    ObjectNode result = Json.mapper().createObjectNode();
    ArrayNode array = result.putArray("samples");
    boolean single = model.device().statistics() == DType.F32;
    for (Sample sample : samples) {
      ObjectNode node = array.addObject().put("text", sample.text());
      ArrayNode ids = node.putArray("ids");
      for (int id : sample.ids()) {
        ids.add(id);
      }
      node.put("finish_reason", sample.finishReason().key());
      ArrayNode logprobs = node.putArray("logprobs");
      for (double x : sample.logprobs()) {
        logprobs.add(single ? Numbers.json((float) x) : Numbers.json(x));
      }
    }
    return result;
  }
}
