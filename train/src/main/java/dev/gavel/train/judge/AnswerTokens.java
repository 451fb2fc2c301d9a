package dev.gavel.train.judge;

import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.FormatException;

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

  public int id(Verdict verdict) {
    return verdict == Verdict.A ? a : b;
  }
}
