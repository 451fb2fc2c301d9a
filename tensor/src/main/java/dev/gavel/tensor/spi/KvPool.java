package dev.gavel.tensor.spi;

/// Memory for the keys and values of many sequences, in pages of [#PAGE] positions. A page holds
/// all layers and heads; a sequence is a list of pages, and sequences may share pages that are
/// full.
public interface KvPool extends AutoCloseable {
  /// Positions of a page; also the tile of keys over which attention keeps one running maximum.
  int PAGE = 64;

  int pages();

  /// Memory that it holds.
  long bytes();

  /// Copies a page, so that a sequence can go on writing in its own.
  void copyPage(int from, int to);

  @Override
  void close();
}
