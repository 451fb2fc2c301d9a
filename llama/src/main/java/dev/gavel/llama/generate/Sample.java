package dev.gavel.llama.generate;

/// One finished sample.
///
/// @param draw its number among the samples of its request, from 0
/// @param ids the new tokens, with the stop id or the token that completed a stop string
/// @param text without special tokens and without the stop string
/// @param logprobs natural logarithm of each id's probability under the model at temperature 1,
///   nothing cut; of the device's statistics' type
public record Sample(
    int draw, int[] ids, String text, FinishReason finishReason, double[] logprobs) {}
