package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
import java.util.List;
import java.util.Map;

/// Finds and opens one kind of backend; found through `ServiceLoader`.
public interface BackendProvider {
  /// `reference`, `vector`, `cuda`.
  String name();

  /// The device it serves: `cpu` or `cuda`.
  String device();

  /// Of several usable ones for a device the highest wins.
  int preference();

  /// Cheap; never throws, never prints.
  Probe probe();

  /// The types of activations that it computes in by itself.
  List<DType> types();

  /// What else a person may want to know of it on this machine, by name: for `gavel doctor`. May
  /// take some milliseconds; asked only where the probe says that it is usable.
  default Map<String, String> facts() {
    return Map.of();
  }

  /// @param threads how many threads of the CPU it may use
  /// @param ordinal which device of its kind, from 0
  Backend open(int threads, int ordinal);
}
