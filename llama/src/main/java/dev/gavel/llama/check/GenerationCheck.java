package dev.gavel.llama.check;

import dev.gavel.llama.Llama;
import dev.gavel.llama.check.ModelCheck.Finding;
import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/// Compares what the generation engine draws on a device with what it draws on another, or with
/// itself: greedy and sampled, with a prompt that fills a page and shares it.
public final class GenerationCheck {
  private static final long SEED = 11;
  private static final int TOKENS = 12;

  /// Of log-probabilities, in nats.
  private static final double SINGLE = 1e-4;

  private final CheckModel model;
  private final Tokenizer tokenizer;

  /// @param tokenizer turns ids into text; any will do
  public GenerationCheck(CheckModel model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// Whether a device in f32 draws the tokens that another does.
  public List<Finding> against(Device device, Device cpu) throws IOException {
    return compare(run(device, DType.F32), run(cpu, DType.F32), "as on the CPU", SINGLE);
  }

  /// Whether a second run gives the bits of the first.
  public List<Finding> repeats(Device device) throws IOException {
    DType type = device.arithmetic();
    return compare(run(device, type), run(device, type), "again", 0);
  }

  private List<Finding> compare(
      List<Sample> found, List<Sample> wanted, String how, double allowed) {
    int others = Math.abs(found.size() - wanted.size());
    double largest = 0;
    for (int i = 0; i < Math.min(found.size(), wanted.size()); i++) {
      Sample x = found.get(i);
      Sample y = wanted.get(i);
      int same = Arrays.mismatch(x.ids(), y.ids());
      others += same < 0 ? 0 : 1;
      for (int t = 0; t < (same < 0 ? x.ids().length : same); t++) {
        largest = Math.max(largest, Math.abs(x.logprobs()[t] - y.logprobs()[t]));
      }
    }
    String name = model.name() + ": generation " + how + ", ";
    return List.of(
        new Finding(name + "samples that differ", others, 0),
        new Finding(name + "log-probs", largest, allowed));
  }

  private List<Request> requests() {
    return List.of(
        request("short", 5, 1, Sampling.GREEDY),
        request("shared", 71, 3, new Sampling(0.9, 40, 0.95, 0)),
        request("hot", 9, 2, new Sampling(1.3, 0, 1, 0.02)));
  }

  private Request request(String id, int length, int n, Sampling sampling) {
    int[] prompt = new int[length];
    Arrays.setAll(prompt, i -> Rng.below(model.config().vocabSize(), SEED, length, i));
    return new Request(id, prompt, n, sampling, Set.of(), List.of(), TOKENS, SEED);
  }

  /// All samples, by request and draw.
  private List<Sample> run(Device device, DType type) throws IOException {
    List<Sample> all = new ArrayList<>();
    Listener listener =
        new Listener() {
          @Override
          public void finished(Request request, List<Sample> samples) {
            all.addAll(samples);
          }

          @Override
          public void failed(Request request, String reason) {
            throw new IllegalStateException(request.id() + ": " + reason);
          }
        };
    try (Llama llama = Llama.atRest(model.config(), device, model.weights(type), 1);
        Generator generator =
            new Generator(llama, tokenizer, new Generator.Limits(8, 32), listener)) {
      for (Request r : requests()) {
        generator.submit(r);
        generator.run();
      }
    }
    return all;
  }
}
