package dev.gavel.train.recipe;

import dev.gavel.llama.RandomWeights;
import dev.gavel.llama.WeightSource;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.llama.hub.WeightNames;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.FormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/// One value on the last token's hidden state: `score.weight` [1, C], without bias, as
/// transformers' `LlamaForSequenceClassification` has it.
///
/// Gavel reads the value at a sequence's last token, by its length. transformers pads batches and
/// looks for the last token that is not the pad token, so the saved config names one that no text
/// ends with.
final class RewardHead {
  private static final String LLAMA3_PAD = "<|finetune_right_pad_id|>";

  private RewardHead() {}

  /// The config of a model with this head.
  ///
  /// @param mark what `gavel_head` shall say; empty: nothing
  /// @throws FormatException for a classifier with several labels
  static LlamaConfig on(LlamaConfig config, Optional<Tokenizer> tokenizer, Path folder, String mark)
      throws FormatException {
    if (config.architecture() == Architecture.SEQUENCE_CLASSIFICATION && config.numLabels() != 1) {
      throw new FormatException(
          "%s: config.json has %d labels; a reward model has one"
              .formatted(folder, config.numLabels()));
    }
    LlamaConfig headed = config.withArchitecture(Architecture.SEQUENCE_CLASSIFICATION, 1);
    if (!mark.isEmpty()) {
      headed = headed.withExtra(LlamaConfig.HEAD, mark);
    }
    OptionalInt pad = padToken(config, tokenizer);
    return pad.isPresent() ? headed.withPadTokenId(pad.getAsInt()) : headed;
  }

  /// A pad token that ends no text: the config's, the tokenizer's, Llama 3's own.
  private static OptionalInt padToken(LlamaConfig config, Optional<Tokenizer> tokenizer) {
    OptionalInt named = config.padTokenId();
    if (named.isEmpty() && tokenizer.isPresent()) {
      named = tokenizer.get().pad();
    }
    boolean ends =
        named.isPresent()
            && (config.eosTokenIds().contains(named.getAsInt())
                || (tokenizer.isPresent() && named.equals(tokenizer.get().eos())));
    if (named.isPresent() && !ends) {
      return named;
    }
    OptionalInt reserved =
        tokenizer.isPresent() ? tokenizer.get().id(LLAMA3_PAD) : OptionalInt.empty();
    return reserved.isPresent() && reserved.getAsInt() < config.vocabSize() ? reserved : named;
  }

  /// The weights of a causal LM below a head of random ones.
  static WeightSource onTopOf(WeightSource body, LlamaConfig config, long seed) {
    RandomWeights random = new RandomWeights(config, seed, false);
    return new WeightSource() {
      @Override
      public DType type(String name) {
        return of(name).type(name);
      }

      @Override
      public void read(String name, long rows, long columns, Rows to) throws IOException {
        of(name).read(name, rows, columns, to);
      }

      private WeightSource of(String name) {
        return name.equals(WeightNames.SCORE) ? random : body;
      }
    };
  }
}
