package dev.gavel.tensor.spi;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/// A backend has no kernel for an operation: it runs as a composition of others, or in the
/// reference loops. Visible to `-XX:StartFlightRecording` and to `gavel doctor --full true`.
@Name("dev.gavel.DeclinedOp")
@Label("Declined operation")
@Category("Gavel")
@StackTrace(false)
public final class DeclinedOp extends Event {
  @Label("Backend")
  public String backend = "";

  @Label("Operation")
  public String operation = "";

  @Label("Reason")
  public String reason = "";

  /// Records one.
  public static void record(String backend, String operation, String reason) {
    DeclinedOp event = new DeclinedOp();
    if (event.isEnabled()) {
      event.backend = backend;
      event.operation = operation;
      event.reason = reason;
      event.commit();
    }
  }
}
