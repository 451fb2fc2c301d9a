package dev.gavel.train.judge;

/// One of a row's two responses, by the order in which the row names them.
public enum Side {
  FIRST,
  SECOND
}
