package dev.gavel.train.judge;

/// Whether a judge prefers the response that people preferred.
public enum Outcome {
  CHOSEN,
  REJECTED
}
