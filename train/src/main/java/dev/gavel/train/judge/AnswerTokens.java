package dev.gavel.train.judge;

import dev.gavel.llama.Llama;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import java.util.Arrays;
import java.util.List;

/// The tokens with which a judge answers: the letters without a blank before them, as they stand
/// after the assistant's header (Llama 3: 32 and 33, not " A" and " B").
public record AnswerTokens(int a, int b) {
  /// @throws FormatException where a letter is not one token
  public static AnswerTokens of(Tokenizer tokenizer) throws FormatException {
    return new AnswerTokens(one(tokenizer, "A"), one(tokenizer, "B"));
  }

  private static int one(Tokenizer tokenizer, String letter) throws FormatException {
    int[] ids = tokenizer.encode(letter, EncodeOptions.PLAIN);
    if (ids.length != 1) {
      throw new FormatException(
          "%s: '%s' is %d tokens; a judge that answers with one letter needs it as one"
              .formatted(tokenizer.file(), letter, ids.length));
    }
    return ids[0];
  }

  private int id(Verdict verdict) {
    return verdict == Verdict.A ? a : b;
  }

  /// Log-probabilities of both letters as the next token after some prompts.
  ///
  /// @param first the letter of each prompt that comes first
  /// @return those of the first letters, then those of the other ones [2Q]
  public Ops.LogProbs after(Llama model, List<int[]> prompts, List<Verdict> first) {
    Device device = model.device();
    Ragged batch = Ragged.of(prompts);
    int q = prompts.size();
    int[] rows = new int[2 * q];
    int[] letters = new int[2 * q];
    for (int i = 0; i < q; i++) {
      rows[i] = rows[q + i] = batch.offset(i + 1) - 1;
      letters[i] = id(first.get(i));
      letters[q + i] = id(first.get(i).other());
    }
    int[] ids = prompts.stream().flatMapToInt(Arrays::stream).toArray();
    Tensor hidden = model.hidden(device.ofInts(ids), batch);
    return model.logProbs(hidden.gather(device.ofInts(rows)), device.ofInts(letters));
  }
}
