package dev.gavel.train.recipe;

import dev.gavel.llama.Llama;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.op.Ops;
import dev.gavel.train.data.TokenBatch;
import dev.gavel.train.data.Tokenized;
import dev.gavel.train.data.TokenizedPair;
import java.util.ArrayList;
import java.util.List;

/// What a model says of the completions of some pairs. Chosen sequences come first, then rejected
/// ones, all laid end to end in one forward pass.
///
/// A sequence's figures depend on the sequence alone: a reference scored beforehand, in batches of
/// another size, has the same bits.
///
/// @param before hidden states [N, C] from which the completions' tokens are predicted
/// @param tokens log-probabilities [N] and statistics of these tokens
/// @param sums log-probabilities of whole completions [2B]
/// @param chosenTokens how many of the N belong to chosen completions
record PairScores(Tensor before, Ops.LogProbs tokens, Tensor sums, int chosenTokens) {
  static PairScores of(Llama model, List<TokenizedPair> pairs) {
    List<Tokenized> rows = new ArrayList<>();
    pairs.forEach(pair -> rows.add(pair.chosen()));
    pairs.forEach(pair -> rows.add(pair.rejected()));
    TokenBatch batch = TokenBatch.of(rows);
    Device device = model.device();
    Tensor hidden = model.hidden(device.ofInts(batch.ids()), batch.sequences());
    Tensor before = hidden.gather(device.ofInts(batch.rows()));
    Ops.LogProbs tokens = model.logProbs(before, device.ofInts(batch.targets()));
    int[] counts = rows.stream().mapToInt(Tokenized::scored).toArray();
    int chosen = 0;
    for (int i = 0; i < pairs.size(); i++) {
      chosen += counts[i];
    }
    return new PairScores(
        before, tokens, Ops.segmentSum(tokens.values(), Ragged.ofLengths(counts)), chosen);
  }
}
