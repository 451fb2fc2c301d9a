package dev.gavel.tensor.spi;

/// Along what a reduction runs, when a tensor is read as a matrix of rows.
public enum Axis {
  /// Over everything: one number.
  ALL,
  /// Over the last dimension: one number for each row.
  LAST,
  /// Over the rows: one number for each position of the last dimension.
  ROWS
}
