package dev.gavel.tensor.spi;

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

  /// @param threads how many threads of the CPU it may use
  /// @param ordinal which device of its kind, from 0
  Backend open(int threads, int ordinal);
}
