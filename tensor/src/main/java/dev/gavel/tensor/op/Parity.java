package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import java.util.Optional;

/// Compares what a device makes of the catalog's cases, forward and backward, with the reference
/// backend in double. Both start from the same numbers, which the device's type holds.
///
/// An error is the largest difference of an element, relative to the largest element that is
/// expected (at least 0.1).
public final class Parity implements AutoCloseable {
  private static final long SEED = 20260721;

  /// Single precision: rounding of one operation is 6e-8; sums of up to a few hundred terms of
  /// either sign stay below 70 times that.
  private static final double SINGLE = 4e-6;

  /// Double: the same in its own roundings, of 1.1e-16.
  private static final double DOUBLE = 1e-14;

  /// Half a unit in the last place of bf16.
  private static final double HALF_BF16 = 1.0 / 512;

  private static final double LEAST_SCALE = 0.1;

  private final Device device;
  private final DType type;
  private final Device reference = Devices.open("cpu", DType.F64, 1);

  /// @param device the device to judge; stays open
  /// @param type of its tensors
  public Parity(Device device, DType type) {
    this.device = device;
    this.type = type;
  }

  /// What came of a case.
  ///
  /// @param error the largest one of output and gradients, where it comes closest to what is
  ///   allowed
  /// @param allowed error there
  /// @param failure the element that differs too much, for people; empty if none does
  public record Result(OpCase of, double error, double allowed, Optional<String> failure) {
    static Result failed(OpCase c, String message) {
      return new Result(c, Double.POSITIVE_INFINITY, 0, Optional.of(message));
    }

    private Result worse(Result other) {
      return other.error * allowed > error * other.allowed || other.failure.isPresent()
          ? other
          : this;
    }
  }

  /// Runs a case on both.
  public Result check(OpCase c) {
    CaseRun expected = CaseRun.of(c, reference, DType.F64, rounded(), SEED);
    CaseRun found = CaseRun.of(c, device, type, rounded(), SEED);
    Result worst = new Result(c, 0, 1, Optional.empty());
    for (int k = 0; k < expected.values().size() && worst.failure().isEmpty(); k++) {
      double allowed = allowed(c, k, expected);
      worst = worst.worse(compare(c, k, found.values().get(k), expected.values().get(k), allowed));
    }
    return worst;
  }

  private DType rounded() {
    return type == DType.F64 ? DType.F32 : type;
  }

  /// Of bf16: twice the error that plain loops make when they compute in double and store in bf16
  /// (the rule of flash attention's tests, arXiv 2205.14135), and half a unit in the last place for
  /// what those happen to hit.
  private double allowed(OpCase c, int k, CaseRun expected) {
    return switch (type) {
      case F64 -> DOUBLE;
      case F32 -> SINGLE;
      case BF16 -> {
        double[] plain = CaseRun.of(c, reference, type, rounded(), SEED).values().get(k);
        yield 2 * error(plain, expected.values().get(k)) + HALF_BF16;
      }
      case I32 -> throw new IllegalArgumentException("no op computes in " + type);
    };
  }

  private Result compare(OpCase c, int k, double[] found, double[] expected, double allowed) {
    if (found.length != expected.length) {
      String message =
          "%s: %s %s has %d elements, expected %d"
              .formatted(device.name(), c.label(), CaseRun.what(k), found.length, expected.length);
      return new Result(c, Double.POSITIVE_INFINITY, allowed, Optional.of(message));
    }
    int worst = worst(found, expected);
    double error = error(found, expected);
    if (error <= allowed) {
      return new Result(c, error, allowed, Optional.empty());
    }
    String message =
        "%s: %s %s: element %d is %s, expected %s, allowed error %.2g"
            .formatted(
                device.name(),
                c.label(),
                CaseRun.what(k),
                worst,
                found[worst],
                expected[worst],
                allowed * scale(expected));
    return new Result(c, error, allowed, Optional.of(message));
  }

  private static double error(double[] found, double[] expected) {
    return found.length == 0
        ? 0
        : difference(found, expected, worst(found, expected)) / scale(expected);
  }

  private static double scale(double[] expected) {
    double largest = LEAST_SCALE;
    for (double e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    return largest;
  }

  /// The element that differs most; one that is no number differs most of all.
  private static int worst(double[] found, double[] expected) {
    int worst = 0;
    for (int i = 1; i < found.length; i++) {
      worst = difference(found, expected, i) > difference(found, expected, worst) ? i : worst;
    }
    return worst;
  }

  private static double difference(double[] found, double[] expected, int i) {
    double d = Math.abs(found[i] - expected[i]);
    return Double.isNaN(d) ? Double.POSITIVE_INFINITY : d;
  }

  @Override
  public void close() {
    reference.close();
  }
}
