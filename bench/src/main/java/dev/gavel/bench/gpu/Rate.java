package dev.gavel.bench.gpu;

import dev.gavel.bench.kernel.KernelWork;

/// What one piece of work came to.
///
/// @param name as `RmsNorm forward`
/// @param milliseconds median of a few turns
/// @param bytes that must move, or 0
/// @param flops or 0
public record Rate(String name, double milliseconds, double bytes, double flops) {
  static Rate of(String name, double milliseconds, KernelWork work) {
    return new Rate(name, milliseconds, work.bytes(), work.flops());
  }

  /// GB a second.
  public double gigabytes() {
    return bytes / milliseconds / 1e6;
  }

  /// TFLOP a second.
  public double teraflops() {
    return flops / milliseconds / 1e9;
  }
}
