package dev.gavel.llama.generate;

import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A request on its way: its prompt's pages, and the samples that are done.
final class Job {
  final Request request;
  final long stream;
  private final @Nullable Sample[] samples;
  private int done;
  boolean failed;

  /// Pages of the prompt, held until all draws have begun.
  int[] promptPages = {};

  /// Logits [1, V] after the prompt, until all draws have begun.
  @Nullable Tensor logits;

  /// Draws begun.
  int started;

  Job(Request request) {
    this.request = request;
    this.samples = new Sample[request.n()];
    this.stream = Rng.stream(request.id());
  }

  boolean allStarted() {
    return failed || started == request.n();
  }

  /// @return whether it was the last one
  boolean complete(Sample sample) {
    samples[sample.draw()] = sample;
    return ++done == samples.length;
  }

  List<Sample> samples() {
    return Arrays.stream(samples).map(java.util.Objects::requireNonNull).toList();
  }

  /// Uniform in [0, 1): a function of seed, request, draw and position in the sample alone.
  double uniform(int draw, int position) {
    return Rng.uniform(request.seed(), stream + 0x9E3779B97F4A7C15L * (draw + 1), position);
  }
}
