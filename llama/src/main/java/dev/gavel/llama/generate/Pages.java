package dev.gavel.llama.generate;

import java.util.ArrayDeque;

/// Counts who uses each page of a cache.
final class Pages {
  private final int[] holders;
  private final ArrayDeque<Integer> free = new ArrayDeque<>();
  private int reserved;

  Pages(int count) {
    holders = new int[count];
    for (int i = 0; i < count; i++) {
      free.add(i);
    }
  }

  /// Sets pages aside, so that a request that has begun can always go on.
  boolean reserve(int count) {
    if (free.size() - reserved < count) {
      return false;
    }
    reserved += count;
    return true;
  }

  /// Gives back what was set aside and not taken.
  void unreserve(int count) {
    reserved -= count;
  }

  /// Takes one page of those that were set aside.
  int take() {
    reserved--;
    int page = free.remove();
    holders[page] = 1;
    return page;
  }

  void share(int page) {
    holders[page]++;
  }

  void release(int page) {
    if (--holders[page] == 0) {
      free.addFirst(page);
    }
  }

  int total() {
    return holders.length;
  }

  int inUse() {
    return holders.length - free.size();
  }
}
