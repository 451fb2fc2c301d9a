package dev.gavel.train.data;

/// What stands at a place of the input: a row, or one that cannot be read.
public sealed interface Item permits Row, BadRow {
  /// Its number among all rows of the call, from 0; bad rows count.
  int number();

  Place place();
}
