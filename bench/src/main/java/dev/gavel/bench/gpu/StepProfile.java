package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Event;
import dev.gavel.cuda.driver.LaunchObserver;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The device's time of each launch of a step, by events around it.
///
/// The device is given something to do first, so that the host runs ahead and the time between two
/// events is the kernel's own, not the host's way to it. An event costs a microsecond or two; so
/// the sum is a little more than the step.
final class StepProfile implements LaunchObserver, AutoCloseable {
  private static final long HEAD_START_BYTES = 1L << 30;
  private static final int HEAD_START_FILLS = 100; // some 25 ms at 4 TB/s

  private final CudaContext context;
  private final List<String> names = new ArrayList<>();
  private final List<Event> events = new ArrayList<>();

  private StepProfile(CudaContext context) {
    this.context = context;
  }

  /// All launches of one kind.
  ///
  /// @param milliseconds of all of them together
  record Kind(String name, int launches, double milliseconds) {}

  /// @param headStart whether the device is kept busy first
  /// @return the launches of a step by name, those that take most time first
  static List<Kind> of(CudaContext context, boolean headStart, Runnable step) {
    try (StepProfile profile = new StepProfile(context)) {
      if (headStart) {
        keepBusy(context);
      }
      context.observe(profile);
      try {
        step.run();
      } finally {
        context.observe(null);
      }
      context.stream().synchronize();
      return profile.kinds();
    }
  }

  private static void keepBusy(CudaContext context) {
    long room = context.allocate(HEAD_START_BYTES);
    for (int i = 0; i < HEAD_START_FILLS; i++) {
      context.stream().fill(room, (byte) 0, HEAD_START_BYTES);
    }
    context.free(room);
  }

  @Override
  public void before(String what) {
    names.add(what);
    mark();
  }

  @Override
  public void after(String what) {
    mark();
  }

  private void mark() {
    Event event = new Event(context, true);
    event.record(context.stream());
    events.add(event);
  }

  private List<Kind> kinds() {
    Map<String, Kind> byName = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      double ms = events.get(2 * i + 1).millisecondsSince(events.get(2 * i));
      byName.merge(
          names.get(i),
          new Kind(names.get(i), 1, ms),
          (a, b) -> new Kind(a.name, a.launches + 1, a.milliseconds + b.milliseconds));
    }
    return byName.values().stream()
        .sorted(Comparator.comparingDouble(Kind::milliseconds).reversed())
        .toList();
  }

  @Override
  public void close() {
    events.forEach(Event::close);
  }
}
