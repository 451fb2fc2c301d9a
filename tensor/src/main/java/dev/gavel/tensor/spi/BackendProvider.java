package dev.gavel.tensor.spi;

import dev.gavel.tensor.DType;
import java.util.Optional;
import java.util.OptionalLong;

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

  /// The type of activations.
  ///
  /// @param wanted what a person asked for, f32 or bf16; empty: the backend's own choice
  default DType arithmetic(Optional<DType> wanted) {
    return DType.F32;
  }

  /// Bytes that are free in a device's own memory; empty where tensors live in the machine's.
  default OptionalLong freeMemory(int ordinal) {
    return OptionalLong.empty();
  }

  /// @param threads how many threads of the CPU it may use
  /// @param ordinal which device of its kind, from 0
  Backend open(int threads, int ordinal);
}
