package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// Inputs on which a catalog test runs an op: shapes and ranges, from which seeded values are
/// drawn.
///
/// @param op the op with its attributes
/// @param inputs in the op's order
public record OpCase(Op op, List<Input> inputs) {
  /// What an input holds.
  public enum Kind {
    /// Uniform floats, with a gradient.
    FLOAT,
    /// Uniform floats of the statistics' type, no gradient.
    CONSTANT,
    /// i32 ids from 0 to `high` - 1.
    IDS,
    /// Space of the statistics' type that the op fills.
    OUTPUT
  }

  /// @param low least value
  /// @param high upper end of the values
  public record Input(Kind kind, Shape shape, double low, double high) {
    public boolean differentiable() {
      return kind == Kind.FLOAT;
    }
  }

  public OpCase {
    inputs = List.copyOf(inputs);
  }

  /// A case without inputs yet; the methods below add them in order.
  public static OpCase of(Op op) {
    return new OpCase(op, List.of());
  }

  public OpCase uniform(double low, double high, long... dims) {
    return with(new Input(Kind.FLOAT, Shape.of(dims), low, high));
  }

  public OpCase constant(double low, double high, long... dims) {
    return with(new Input(Kind.CONSTANT, Shape.of(dims), low, high));
  }

  public OpCase ids(int bound, int count) {
    return with(new Input(Kind.IDS, Shape.of(count), 0, bound));
  }

  public OpCase output(long... dims) {
    return with(new Input(Kind.OUTPUT, Shape.of(dims), 0, 0));
  }

  private OpCase with(Input input) {
    List<Input> all = new ArrayList<>(inputs);
    all.add(input);
    return new OpCase(op, all);
  }

  /// The inputs on a device, as [#draw(Device, DType, DType, long)] of values that the type holds
  /// (f64: that f32 holds).
  public Tensor[] draw(Device device, DType type, long seed) {
    return draw(device, type, type == DType.F64 ? DType.F32 : type, seed);
  }

  /// The inputs on a device, the same values for the same seed whatever the device.
  ///
  /// @param type of the tensors
  /// @param values the type to which values are rounded first, so that every type which holds at
  ///   least those gets the same ones
  public Tensor[] draw(Device device, DType type, DType values, long seed) {
    Tensor[] tensors = new Tensor[inputs.size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = draw(device, type, values, inputs.get(i), seed, i);
    }
    return tensors;
  }

  private static Tensor draw(
      Device device, DType type, DType values, Input input, long seed, int stream) {
    int n = Math.toIntExact(input.shape().size());
    if (input.kind() == Kind.OUTPUT) {
      return device.zeros(type.statistics(), input.shape());
    }
    if (input.kind() == Kind.IDS) {
      int[] ids = new int[n];
      for (int i = 0; i < n; i++) {
        ids[i] = Rng.below((int) input.high(), seed, stream, i);
      }
      return device.ofInts(ids);
    }
    double[] drawn = new double[n];
    for (int i = 0; i < n; i++) {
      double u = Rng.uniform(seed, stream, i);
      drawn[i] = values.round(input.low() + (input.high() - input.low()) * u);
    }
    return device.of(
        input.kind() == Kind.CONSTANT ? type.statistics() : type, drawn, input.shape());
  }

  /// Elements of all inputs.
  long elements() {
    return inputs.stream().mapToLong(i -> i.shape().size()).sum();
  }

  /// The op and the shapes, for messages.
  public String label() {
    StringBuilder b = new StringBuilder(op.name());
    String attributes = op.toString();
    int at = attributes.indexOf('[');
    if (at >= 0 && attributes.length() > at + 2) {
      b.append(attributes, at, attributes.length());
    }
    inputs.forEach(i -> b.append(' ').append(i.shape()));
    return b.toString();
  }
}
