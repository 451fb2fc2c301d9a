package dev.gavel.bench.model;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.tensor.spi.KvPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Samples of one prompt, one decode step of the generation engine at a time: greedy for one
/// sample, top-p 0.95 drawn in each step for several. After [#LENGTH] steps they begin anew, so
/// that the cache stays short.
public final class Decoding implements AutoCloseable {
  /// Tokens of a sample.
  private static final int LENGTH = 128;

  private static final Sampling TOP_P = new Sampling(1, 0, 0.95, 0);

  private final int[] prompt;
  private final int copies;
  private final Generator generator;
  private final List<Sample> finished = new ArrayList<>();

  /// @param prompt token ids that all samples share
  public Decoding(RestModel model, int[] prompt, int copies) {
    this.prompt = prompt.clone();
    this.copies = copies;
    int all = Math.ceilDiv(prompt.length + LENGTH + 1, KvPool.PAGE);
    var limits = new Generator.Limits(copies, all * (copies + 1));
    generator = new Generator(model.llama(), model.tokenizer(), limits, new Collector());
  }

  private final class Collector implements Listener {
    @Override
    public void finished(Request request, List<Sample> samples) {
      finished.addAll(samples);
    }

    @Override
    public void failed(Request request, String reason) {
      throw new IllegalStateException(reason);
    }
  }

  /// The first greedy tokens after the prompt: what other systems must say too.
  public int[] greedy(int count) {
    generator.submit(request(1, Sampling.GREEDY, count));
    generator.run();
    int[] ids = finished.removeLast().ids();
    finished.clear();
    return ids;
  }

  /// Reads the prompt and starts the samples where none are running.
  public void prepare() {
    if (!generator.busy()) {
      finished.clear();
      generator.submit(request(copies, copies == 1 ? Sampling.GREEDY : TOP_P, LENGTH));
      generator.step();
    }
  }

  /// Gives every sample its next token; after [#prepare].
  public void step() {
    generator.step();
  }

  private Request request(int n, Sampling sampling, int tokens) {
    return new Request("bench", prompt, n, sampling, Set.of(), List.of(), tokens, 1);
  }

  @Override
  public void close() {
    generator.close();
  }
}
