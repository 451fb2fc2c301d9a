package dev.gavel.llama.tokenizer;

import dev.gavel.tensor.FormatException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Turns what a file lists into tables, and checks that it fits together: ids without double use or
/// hole, merges of known parts into known tokens.
final class ModelBuilder {
  private final String file;
  private final ModelReader read;
  private final List<AddedToken> added;

  ModelBuilder(String file, ModelReader read, List<AddedToken> added) {
    this.file = file;
    this.read = read;
    this.added = added;
  }

  BpeModel build() throws FormatException {
    checkForeign();
    Vocabulary vocabulary = vocabulary();
    checkRepeated(vocabulary);
    checkContents(vocabulary);
    return new BpeModel(vocabulary, merges(vocabulary), read.ignoreMerges, byteIds(vocabulary));
  }

  private FormatException error(String what) {
    return new FormatException(file + ": " + what);
  }

  private Vocabulary vocabulary() throws FormatException {
    EntryPool pool = read.entries;
    int listed = pool.size();
    int[] ids = read.ids.toArray();
    int limit = listed + added.size();
    int[] entryOf = new int[limit];
    Arrays.fill(entryOf, -1);
    for (int i = 0; i < listed; i++) {
      int id = ids[i];
      if (id < 0 || id >= limit) {
        throw error(
            "model.vocab: '%s' has the id %d, but there are %d tokens in all: ids must have no hole"
                .formatted(pool.text(i), id, limit));
      }
      if (entryOf[id] >= 0) {
        throw error(
            "model.vocab: '%s' and '%s' have the same id %d"
                .formatted(pool.text(entryOf[id]), pool.text(i), id));
      }
      entryOf[id] = i;
    }
    addTokens(entryOf);
    return index(entryOf, size(entryOf));
  }

  /// Puts the added tokens behind the entries of the pool, except those that are entries.
  private void addTokens(int[] entryOf) throws FormatException {
    EntryPool pool = read.entries;
    Set<String> contents = new HashSet<>();
    BitSet seen = new BitSet();
    for (AddedToken token : added) {
      if (token.id() >= entryOf.length) {
        throw error(
            "added_tokens: '%s' has the id %d, but there are %d tokens in all: ids must have no hole"
                .formatted(token.content(), token.id(), entryOf.length));
      }
      if (!contents.add(token.content()) || seen.get(token.id())) {
        throw error(
            "added_tokens: '%s' or its id %d occurs twice".formatted(token.content(), token.id()));
      }
      seen.set(token.id());
      int entry = entryOf[token.id()];
      if (entry < 0) {
        entryOf[token.id()] = pool.size();
        pool.add(token.content().toCharArray(), 0, token.content().length());
      } else if (!pool.text(entry).equals(token.content())) {
        throw error(
            "added_tokens: '%s' has the id %d, which model.vocab gives to '%s'"
                .formatted(token.content(), token.id(), pool.text(entry)));
      }
    }
  }

  /// Refuses an added token whose text is an entry under another id: which one wins would be a
  /// guess.
  private void checkContents(Vocabulary vocabulary) throws FormatException {
    for (AddedToken token : added) {
      int other = vocabulary.find(token.content());
      if (other >= 0 && other != token.id()) {
        throw error(
            "added_tokens: '%s' has the id %d, but the id %d in model.vocab"
                .formatted(token.content(), token.id(), other));
      }
    }
  }

  /// Entries outside the byte alphabet are no part of the vocabulary's index, which knows of no two
  /// that are equal.
  private void checkForeign() throws FormatException {
    EntryPool pool = read.entries;
    Set<String> texts = new HashSet<>();
    for (int i = pool.nextForeign(0); i >= 0; i = pool.nextForeign(i + 1)) {
      if (!texts.add(pool.text(i))) {
        throw error("model.vocab: '%s' is listed twice".formatted(pool.text(i)));
      }
    }
  }

  private void checkRepeated(Vocabulary vocabulary) throws FormatException {
    int id = vocabulary.repeated();
    if (id >= 0) {
      byte[] bytes = vocabulary.bytes(id);
      throw error(
          "model.vocab: '%s' is listed twice, with the ids %d and %d"
              .formatted(
                  ByteAlphabet.text(bytes, 0, bytes.length),
                  vocabulary.find(bytes, 0, bytes.length),
                  id));
    }
  }

  private int size(int[] entryOf) throws FormatException {
    int size = entryOf.length;
    while (size > 0 && entryOf[size - 1] < 0) {
      size--;
    }
    for (int id = 0; id < size; id++) {
      if (entryOf[id] < 0) {
        throw error("no token has the id %d, but ids go up to %d".formatted(id, size - 1));
      }
    }
    if (size > Merges.MAX_TOKENS) {
      throw error("%d tokens; this build knows at most %d".formatted(size, Merges.MAX_TOKENS));
    }
    return size;
  }

  private Vocabulary index(int[] entryOf, int size) {
    EntryPool pool = read.entries;
    int[] start = new int[size];
    int[] length = new int[size];
    BitSet findable = new BitSet(size);
    int listed = read.ids.size();
    for (int id = 0; id < size; id++) {
      int entry = entryOf[id];
      start[id] = pool.start(entry);
      length[id] = pool.length(entry);
      findable.set(id, entry < listed && !pool.isForeign(entry));
    }
    return new Vocabulary(pool.bytes(), start, length, findable);
  }

  /// The entry of each single byte, -1 where there is none: a small closed vocabulary may lack
  /// some.
  private static int[] byteIds(Vocabulary vocabulary) {
    int[] ids = new int[256];
    for (int b = 0; b < 256; b++) {
      ids[b] = vocabulary.find(new byte[] {(byte) b}, 0, 1);
    }
    return ids;
  }

  private Merges merges(Vocabulary vocabulary) throws FormatException {
    EntryPool parts = read.merges;
    int count = parts.size() / 2;
    if (count > Merges.MAX_MERGES) {
      throw error("%d merges; this build knows at most %d".formatted(count, Merges.MAX_MERGES));
    }
    Merges merges = new Merges(count);
    byte[] bytes = parts.bytes();
    for (int i = 0; i < count; i++) {
      int left = part(vocabulary, 2 * i);
      int right = part(vocabulary, 2 * i + 1);
      // The parts lie one behind the other, so together they are what the pair spells.
      int both = parts.length(2 * i) + parts.length(2 * i + 1);
      int result = vocabulary.find(bytes, parts.start(2 * i), both);
      if (result < 0) {
        throw error(
            "model.merges[%1$d]: '%2$s' and '%3$s' merge into '%2$s%3$s', which is not in model.vocab"
                .formatted(i, parts.text(2 * i), parts.text(2 * i + 1)));
      }
      if (!merges.add(left, right, i, result)) {
        throw error(
            "model.merges[%d]: '%s' and '%s' are listed a second time"
                .formatted(i, parts.text(2 * i), parts.text(2 * i + 1)));
      }
    }
    return merges;
  }

  private int part(Vocabulary vocabulary, int part) throws FormatException {
    EntryPool parts = read.merges;
    int id =
        parts.isForeign(part)
            ? -1
            : vocabulary.find(parts.bytes(), parts.start(part), parts.length(part));
    if (id < 0) {
      throw error(
          "model.merges[%d]: '%s' is not in model.vocab".formatted(part / 2, parts.text(part)));
    }
    return id;
  }
}
