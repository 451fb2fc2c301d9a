package dev.gavel.bench;

/// What one call of a bench does at least; from it and the time follow the shares of the machine's
/// limits.
///
/// @param bytes read and written; 0: not stated
/// @param flops a multiplication with its addition counts two; 0: not stated
public record Load(double bytes, double flops) {
  /// Says so on standard output, for those who read JMH's own.
  public void print(String what) {
    System.out.printf("# %s: %,.0f bytes, %,.0f FLOPs at least%n", what, bytes, flops);
  }
}
