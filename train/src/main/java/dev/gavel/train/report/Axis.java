package dev.gavel.train.report;

import java.util.ArrayList;
import java.util.List;

/// Where values stand on a line of a given length, and which of them are written.
///
/// @param low the value at the start
/// @param high the value at the end, above `low`
/// @param doubling each doubling takes the same length
record Axis(double low, double high, double length, boolean doubling, List<Double> ticks) {
  /// About `wanted` round numbers; the ends stay where they are.
  static Axis exact(double low, double high, double length, int wanted) {
    double step = step(high - low, wanted);
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) {
      ticks.add(i * step);
    }
    return new Axis(low, high, length, false, List.copyOf(ticks));
  }

  /// The same with whole numbers alone.
  static Axis whole(double low, double high, double length, int wanted) {
    Axis axis = exact(low, high, length, wanted);
    List<Double> ticks = axis.ticks.stream().filter(t -> t == Math.rint(t)).toList();
    return new Axis(low, high, length, false, ticks);
  }

  /// The ends are moved out to round numbers.
  static Axis round(double low, double high, double length, int wanted) {
    double room = high > low ? 0 : low == 0 ? 1 : Math.abs(low) * 0.1;
    double step = step(high - low + 2 * room, wanted);
    return exact(
        Math.floor((low - room) / step + 1e-9) * step,
        Math.ceil((high + room) / step - 1e-9) * step,
        length,
        wanted);
  }

  /// Powers of two from 1.
  static Axis doublings(double high, double length) {
    List<Double> ticks = new ArrayList<>();
    for (double tick = 1; tick <= high; tick *= 2) {
      ticks.add(tick);
    }
    return new Axis(1, Math.max(high, 2), length, true, List.copyOf(ticks));
  }

  double at(double value) {
    return doubling
        ? length * Math.log(value / low) / Math.log(high / low)
        : length * (value - low) / (high - low);
  }

  private static double step(double span, int wanted) {
    double rough = span / wanted;
    double power = Math.pow(10, Math.floor(Math.log10(rough)));
    double lead = rough / power;
    return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
  }
}
