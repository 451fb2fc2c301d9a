package dev.gavel.tensor.spi;

/// What a provider says of itself on this machine.
public sealed interface Probe {
  /// @param description what would run, as `AVX-512, 2 threads`
  record Usable(String description) implements Probe {}

  /// @param reason what is missing
  /// @param remedy what a person can do about it
  record Unusable(String reason, String remedy) implements Probe {}
}
