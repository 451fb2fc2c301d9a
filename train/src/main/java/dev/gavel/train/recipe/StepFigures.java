package dev.gavel.train.recipe;

import java.util.Map;

/// What a step saw.
///
/// @param means its figures by TRL's names, each a mean over the step's tokens or rows
/// @param tokens that it fed in
public record StepFigures(Map<String, Double> means, long tokens) {
  double loss() {
    return means.getOrDefault("loss", Double.NaN);
  }
}
