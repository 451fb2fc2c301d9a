package dev.gavel.train.data;

import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/// Rows read ahead by a thread of its own, for commands that have other work while a pipe has no
/// row for them: an answer can come before the next question is written.
public final class RowFeed {
  private final BlockingQueue<Event> queue;
  private boolean ended;

  /// What the reading thread found.
  private sealed interface Event {
    record Read(Item item) implements Event {}

    record End() implements Event {}

    record Failed(Throwable cause) implements Event {}
  }

  private RowFeed(int capacity) {
    queue = new ArrayBlockingQueue<>(capacity);
  }

  /// Begins to read.
  ///
  /// @param in read by the new thread alone from now on
  /// @param capacity most rows that wait in memory
  public static RowFeed of(RowReader in, int capacity) {
    RowFeed feed = new RowFeed(capacity);
    Thread.ofPlatform().daemon().name("gavel rows").start(() -> feed.readAll(in));
    return feed;
  }

  private void readAll(RowReader in) {
    try {
      try {
        for (Item item = in.next(); item != null; item = in.next()) {
          queue.put(new Event.Read(item));
        }
        queue.put(new Event.End());
      } catch (IOException | RuntimeException | Error e) {
        queue.put(new Event.Failed(e));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// The next row; null when all have come.
  ///
  /// @param wait for a row that is not read yet; otherwise null too when there is none at hand
  public @Nullable Item next(boolean wait) throws IOException {
    if (ended) {
      return null;
    }
    try {
      Event event = wait ? queue.take() : queue.poll();
      return event == null ? null : item(event);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for rows", e);
    }
  }

  private @Nullable Item item(Event event) throws IOException {
    switch (event) {
      case Event.Read(Item item) -> {
        return item;
      }
      case Event.End() -> {
        ended = true;
        return null;
      }
      case Event.Failed(Throwable cause) -> {
        ended = true;
        switch (cause) {
          case IOException e -> throw e;
          case RuntimeException e -> throw e;
          case Error e -> throw e;
          default -> throw new IllegalStateException(cause);
        }
      }
    }
  }

  /// Whether all rows have been handed out.
  public boolean ended() {
    return ended;
  }
}
