package dev.gavel.train.judge;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.tokenizer.Message;
import dev.gavel.tensor.DType;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.run.SystemMemory;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Asks questions several times each, and hands out the answers in a fixed order whatever order
/// they finish in: questions as they came, draws from 0.
///
/// A sample depends on the model, the messages, the seed, the question's id and the draw alone.
final class OrderedSamples {
  /// Memory for keys and values, unless the batch needs less.
  private static final long CACHE_BYTES = 2L << 30;

  private final LoadedModel model;
  private final Settings settings;

  /// @param n samples of each question
  /// @param batchSize most samples at once
  record Settings(Sampling sampling, int n, int maxNewTokens, int batchSize, long seed) {}

  /// What is asked.
  interface Questions {
    int count();

    /// Decides the draws together with the seed; no two are equal.
    String id(int question);

    List<Message> messages(int question);
  }

  /// Takes the answers.
  interface Answers {
    void sample(int question, Sample sample);
  }

  OrderedSamples(LoadedModel model, Settings settings) {
    this.model = model;
    this.settings = settings;
  }

  /// @param from place of the first sample that is wanted: question times n, plus draw
  /// @param pause asked between steps
  void sample(Questions questions, long from, Answers each, BooleanSupplier pause)
      throws IOException {
    Collector collector = new Collector(questions, from, each);
    Generator.Limits limits =
        limits(model.llama().config(), model.device().arithmetic(), settings.batchSize);
    try (Generator generator = new Generator(model.llama(), model.tokenizer(), limits, collector)) {
      for (int i = (int) (from / settings.n); i < questions.count(); i++) {
        generator.submit(request(questions, i));
        collector.failIfAny();
      }
      while (generator.busy() && !pause.getAsBoolean()) {
        generator.step();
        collector.failIfAny();
      }
    }
  }

  /// Room for keys and values.
  ///
  /// @param arithmetic their type
  static Generator.Limits limits(LlamaConfig model, DType arithmetic, int batchSize) {
    long room = Math.min(CACHE_BYTES, SystemMemory.free().orElse(Long.MAX_VALUE) / 2);
    return Generator.Limits.of(model, arithmetic, batchSize, room);
  }

  Request request(Questions questions, int question) throws IOException {
    return new Request(
        questions.id(question),
        model.promptIds(questions.messages(question)),
        settings.n,
        settings.sampling,
        model.stopIds(),
        List.of(),
        settings.maxNewTokens,
        settings.seed);
  }

  /// Holds finished samples until those before them are there.
  private final class Collector implements Listener {
    private final Map<String, Integer> places = new HashMap<>();
    private final Map<Long, Sample> waiting = new HashMap<>();
    private final Answers each;
    private long next;
    private @Nullable String failure;

    Collector(Questions questions, long from, Answers each) {
      this.next = from;
      this.each = each;
      for (int i = 0; i < questions.count(); i++) {
        places.put(questions.id(i), i);
      }
    }

    @Override
    public void sample(Request request, Sample sample) {
      int question = Objects.requireNonNull(places.get(request.id()));
      waiting.put((long) question * settings.n + sample.draw(), sample);
      for (Sample ready; (ready = waiting.remove(next)) != null; next++) {
        each.sample((int) (next / settings.n), ready);
      }
    }

    @Override
    public void finished(Request request, List<Sample> samples) {}

    @Override
    public void failed(Request request, String reason) {
      failure = "item " + request.id() + ": " + reason;
    }

    void failIfAny() {
      if (failure != null) {
        throw new IllegalStateException(failure);
      }
    }
  }
}
