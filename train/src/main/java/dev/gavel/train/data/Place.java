package dev.gavel.train.data;

/// Where a row stands.
///
/// @param source the file as it was named, or `standard input`
/// @param number from 1: the line, or the element of a JSON array
/// @param element the source is a JSON array
public record Place(String source, int number, boolean element) {
  /// `pairs.jsonl:12`, or `pairs.json, element 12`.
  @Override
  public String toString() {
    return source + (element ? ", element " : ":") + number;
  }
}
