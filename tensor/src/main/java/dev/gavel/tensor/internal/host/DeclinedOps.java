package dev.gavel.tensor.internal.host;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import jdk.jfr.Name;
import jdk.jfr.consumer.RecordingStream;

/// Hears the [DeclinedOp] events of a piece of work.
public final class DeclinedOps {
  private static final String EVENT = DeclinedOp.class.getAnnotation(Name.class).value();

  private DeclinedOps() {}

  /// Runs `work`, alone in this process.
  ///
  /// @return each `operation: reason` once
  public static Set<String> during(Runnable work) {
    Set<String> declined = Collections.synchronizedSet(new TreeSet<>());
    try (RecordingStream events = new RecordingStream()) {
      events.enable(EVENT);
      events.onEvent(
          EVENT, e -> declined.add(e.getString("operation") + ": " + e.getString("reason")));
      events.startAsync();
      work.run();
      events.stop(); // and every event has been heard
    }
    return declined;
  }
}
