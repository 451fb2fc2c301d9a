package dev.gavel.tensor.spi;

/// Memory of a backend.
public interface Buffer {
  /// Usable size.
  long bytes();
}
