package dev.gavel.llama.generate;

import java.util.List;

/// Hears of requests while they run. Calls come from the thread that steps the generator.
public interface Listener {
  /// New text of a sample: whole characters, never a part of a stop string.
  default void text(Request request, int draw, String text) {}

  /// One sample is done.
  default void sample(Request request, Sample sample) {}

  /// All samples of a request are done, in the order of their draws.
  void finished(Request request, List<Sample> samples);

  /// A request cannot go on; no other is affected.
  void failed(Request request, String reason);
}
