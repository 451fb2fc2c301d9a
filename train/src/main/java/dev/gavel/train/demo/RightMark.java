package dev.gavel.train.demo;

import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tensor;
import dev.gavel.train.model.LoadedModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Whether a model has learned to compare: the probability that it gives the words *right* and
/// *wrong* where a clean chain has them. Comparing is the last of its skills to come, in one leap;
/// a model without it copies well and judges like a coin.
final class RightMark {
  /// Above this a model has learned to compare.
  static final double LEARNED = 0.9;

  private static final int BATCH = 50;

  private RightMark() {}

  /// The mean over all marks of documents that the corpus does not hold.
  ///
  /// @param probes see [World#probes]
  static double measure(LoadedModel model, List<Document> probes) {
    List<Double> probabilities = new ArrayList<>();
    for (int at = 0; at < probes.size(); at += BATCH) {
      List<Document> batch = probes.subList(at, Math.min(at + BATCH, probes.size()));
      for (double logProb : logProbs(model, batch)) {
        probabilities.add(Math.exp(logProb));
      }
    }
    return probabilities.stream().mapToDouble(p -> p).average().orElseThrow();
  }

  /// The log-probabilities of the marks of some documents.
  private static double[] logProbs(LoadedModel model, List<Document> documents) {
    List<int[]> ids = documents.stream().map(Document::ids).toList();
    Ragged batch = Ragged.of(ids);
    List<Integer> before = new ArrayList<>();
    List<Integer> marks = new ArrayList<>();
    for (int s = 0; s < ids.size(); s++) {
      for (int mark : documents.get(s).marks()) {
        before.add(batch.offset(s) + mark - 1);
        marks.add(ids.get(s)[mark]);
      }
    }
    Device device = model.device();
    try (Scope _ = Scope.open()) {
      int[] tokens = ids.stream().flatMapToInt(Arrays::stream).toArray();
      Tensor hidden = model.llama().hidden(device.ofInts(tokens), batch);
      Tensor places = hidden.gather(device.ofInts(array(before)));
      return model.llama().logProbs(places, device.ofInts(array(marks))).values().toDoubles();
    }
  }

  private static int[] array(List<Integer> values) {
    return values.stream().mapToInt(v -> v).toArray();
  }
}
