package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// The value that a model with one label gives to whole sequences. It is read at a sequence's last
/// token by its length; no id is searched for, so a text that holds the pad or the end token within
/// it is read like any other.
public final class Values {
  private Values() {}

  /// Values [S], of the statistics' type, with a gradient where a tape is open.
  ///
  /// @param model a `LlamaForSequenceClassification` with one label
  /// @param sequences token ids, at least one each
  public static Tensor of(Llama model, List<int[]> sequences) {
    Device device = model.device();
    Ragged batch = Ragged.of(sequences);
    int[] ids = sequences.stream().flatMapToInt(Arrays::stream).toArray();
    int[] last = new int[sequences.size()];
    for (int s = 0; s < last.length; s++) {
      last[s] = batch.offset(s + 1) - 1;
    }
    Tensor hidden = model.hidden(device.ofInts(ids), batch);
    return model.logits(hidden.gather(device.ofInts(last))).reshape(last.length);
  }
}
