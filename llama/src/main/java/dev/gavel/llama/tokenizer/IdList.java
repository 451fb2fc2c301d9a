package dev.gavel.llama.tokenizer;

import java.util.Arrays;

/// Token ids that grow at the end.
final class IdList {
  private int[] ids;
  private int size;

  IdList(int capacity) {
    ids = new int[Math.max(capacity, 16)];
  }

  void add(int id) {
    if (size == ids.length) {
      ids = Arrays.copyOf(ids, Math.max(size + (size >> 1), size + 16));
    }
    ids[size++] = id;
  }

  void addAll(int[] more) {
    for (int id : more) {
      add(id);
    }
  }

  int size() {
    return size;
  }

  int[] toArray() {
    return size == ids.length ? ids : Arrays.copyOf(ids, size);
  }
}
