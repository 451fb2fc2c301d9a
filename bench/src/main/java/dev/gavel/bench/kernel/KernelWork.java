package dev.gavel.bench.kernel;

/// A launch, or a few, with their data at hand, to be repeated.
///
/// @param bytes that must move, by the launcher's own count; 0 where products are what takes time
/// @param flops multiply-adds count two; 0 where memory is what takes time
/// @param launch puts it on the context's stream
public record KernelWork(double bytes, double flops, Runnable launch) {
  static KernelWork moving(double bytes, Runnable launch) {
    return new KernelWork(bytes, 0, launch);
  }

  static KernelWork computing(double flops, Runnable launch) {
    return new KernelWork(0, flops, launch);
  }
}
