package dev.gavel.tensor;

import dev.gavel.tensor.op.Ops;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.Buffer;
import dev.gavel.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A contiguous row-major array on a device. Views exist only along the first dimension ([#rows]);
/// transposes are flags of the matrix product.
///
/// A tensor belongs to the [Scope] that was open when it was made. A parameter ([#parameter()])
/// collects its gradient over all tapes until [#clearGrad()].
public final class Tensor implements AutoCloseable {
  private final Storage storage;
  private final long offset;
  private final Shape shape;
  private final DType dtype;
  private boolean closed;
  private String label = "";
  private boolean parameter;
  private @Nullable Tensor grad;

  /// The scope that will free this tensor.
  @Nullable Scope scope;

  /// The tape on which an op made this tensor, if one is recording.
  @Nullable Tape tape;

  private Tensor(Storage storage, long offset, Shape shape, DType dtype) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.dtype = dtype;
    Scope.adopt(this);
  }

  static Tensor own(Storage storage, DType dtype, Shape shape) {
    return new Tensor(storage, 0, shape, dtype);
  }

  // ---------------------------------------------------------------- what it is

  public Shape shape() {
    return shape;
  }

  public DType dtype() {
    return dtype;
  }

  public Device device() {
    return storage.device;
  }

  /// Number of elements.
  public long size() {
    return shape.size();
  }

  /// The memory that this tensor looks at, from element [#offset()] on.
  public Buffer buffer() {
    return storage.buffer(this);
  }

  /// First element in [#buffer()].
  public long offset() {
    return offset;
  }

  public Tensor named(String name) {
    this.label = name;
    return this;
  }

  public String name() {
    return label;
  }

  String describe() {
    return "tensor " + (label.isEmpty() ? "" : "'" + label + "' ") + dtype + shape;
  }

  @Override
  public String toString() {
    return describe();
  }

  /// Lets go of the memory; harmless when done twice.
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      storage.release();
    }
  }

  // ---------------------------------------------------------------- gradients

  /// Marks this tensor as one whose gradient is wanted.
  public Tensor parameter() {
    if (!dtype.isFloat()) {
      throw new IllegalArgumentException(
          describe() + " has no gradient: its elements are integers");
    }
    parameter = true;
    return this;
  }

  public boolean isParameter() {
    return parameter;
  }

  /// Whether the current tape follows this tensor.
  public boolean tracked() {
    return parameter || (tape != null && tape == Tape.current());
  }

  /// The gradient that backward passes have summed so far; null before the first.
  public @Nullable Tensor grad() {
    return grad;
  }

  void setGrad(@Nullable Tensor g) {
    grad = g;
  }

  /// Frees the gradient.
  public void clearGrad() {
    if (grad != null) {
      grad.close();
      grad = null;
    }
  }

  // ---------------------------------------------------------------- views and copies

  /// Elements `from .. to-1` along the first dimension, without a copy and without a gradient (see
  /// [#slice]).
  public Tensor rows(long from, long to) {
    if (from < 0 || to < from || shape.rank() == 0 || to > shape.dim(0)) {
      throw new IllegalArgumentException("rows " + from + " to " + to + " of " + describe());
    }
    storage.retain();
    return new Tensor(storage, offset + from * shape.stride(), shape.withFirst(to - from), dtype);
  }

  /// The same elements under another shape, without a copy; a gradient passes through.
  public Tensor reshape(long... dims) {
    return Ops.reshape(this, Shape.of(dims));
  }

  /// A view with another shape and no gradient.
  public Tensor view(Shape other) {
    if (other.size() != size()) {
      throw new IllegalArgumentException(describe() + " has no view of shape " + other);
    }
    storage.retain();
    return new Tensor(storage, offset, other, dtype);
  }

  /// Elements `from .. to-1` along the first dimension; the gradient flows back into them.
  public Tensor slice(long from, long to) {
    return Ops.slice(this, from, to);
  }

  /// A copy in another type.
  public Tensor to(DType type) {
    Tensor y = device().empty(type, shape);
    device().backend().copy(this, y);
    return y;
  }

  // ---------------------------------------------------------------- host access

  public double[] toDoubles() {
    if (dtype == DType.F32) {
      return widened(toFloats());
    }
    if (dtype != DType.F64) {
      Tensor wide = to(DType.F64);
      double[] values = wide.toDoubles();
      wide.close();
      return values;
    }
    double[] values = new double[Math.toIntExact(size())];
    device().backend().download(this, MemorySegment.ofArray(values));
    return values;
  }

  private static double[] widened(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  public float[] toFloats() {
    if (dtype != DType.F32) {
      Tensor single = to(DType.F32);
      float[] values = single.toFloats();
      single.close();
      return values;
    }
    float[] values = new float[Math.toIntExact(size())];
    device().backend().download(this, MemorySegment.ofArray(values));
    return values;
  }

  public int[] toInts() {
    if (dtype != DType.I32) {
      throw new IllegalArgumentException(describe() + " does not hold integers");
    }
    int[] values = new int[Math.toIntExact(size())];
    device().backend().download(this, MemorySegment.ofArray(values));
    return values;
  }

  /// The only element.
  public double item() {
    if (size() != 1) {
      throw new IllegalArgumentException(
          describe() + " has " + size() + " elements, item() needs one");
    }
    return toDoubles()[0];
  }

  // ---------------------------------------------------------------- arithmetic (recorded when a
  // tape is open)

  /// Sum; `b` may have this shape, one element, the last dimension, or one element for each row. So
  /// for all of these.
  public Tensor add(Tensor b) {
    return Ops.binary(BinaryOp.ADD, this, b);
  }

  public Tensor sub(Tensor b) {
    return Ops.binary(BinaryOp.SUB, this, b);
  }

  public Tensor mul(Tensor b) {
    return Ops.binary(BinaryOp.MUL, this, b);
  }

  public Tensor div(Tensor b) {
    return Ops.binary(BinaryOp.DIV, this, b);
  }

  public Tensor max(Tensor b) {
    return Ops.binary(BinaryOp.MAX, this, b);
  }

  public Tensor min(Tensor b) {
    return Ops.binary(BinaryOp.MIN, this, b);
  }

  public Tensor mul(double factor) {
    return Ops.affine(this, factor, 0);
  }

  public Tensor add(double shift) {
    return Ops.affine(this, 1, shift);
  }

  public Tensor sub(double shift) {
    return Ops.affine(this, 1, -shift);
  }

  public Tensor neg() {
    return Ops.unary(UnaryOp.NEG, this);
  }

  public Tensor exp() {
    return Ops.unary(UnaryOp.EXP, this);
  }

  public Tensor log() {
    return Ops.unary(UnaryOp.LOG, this);
  }

  public Tensor sqrt() {
    return Ops.unary(UnaryOp.SQRT, this);
  }

  public Tensor reciprocal() {
    return Ops.unary(UnaryOp.RECIPROCAL, this);
  }

  public Tensor square() {
    return Ops.unary(UnaryOp.SQUARE, this);
  }

  public Tensor abs() {
    return Ops.unary(UnaryOp.ABS, this);
  }

  public Tensor relu() {
    return Ops.unary(UnaryOp.RELU, this);
  }

  public Tensor sigmoid() {
    return Ops.unary(UnaryOp.SIGMOID, this);
  }

  public Tensor logSigmoid() {
    return Ops.unary(UnaryOp.LOG_SIGMOID, this);
  }

  public Tensor silu() {
    return Ops.unary(UnaryOp.SILU, this);
  }

  /// Sum of all elements: a scalar.
  public Tensor sum() {
    return Ops.sum(this, Axis.ALL);
  }

  /// Sum along the last dimension: [R, C] to [R, 1].
  public Tensor sumLast() {
    return Ops.sum(this, Axis.LAST);
  }

  public Tensor mean() {
    return sum().mul(1.0 / size());
  }

  /// Matrix product [M, K] x [K, N].
  public Tensor matmul(Tensor b) {
    return Ops.matmul(this, false, b, false);
  }

  /// x w^T: [M, K] x [N, K] to [M, N], the linear layer.
  public Tensor matmulT(Tensor w) {
    return Ops.matmul(this, false, w, true);
  }

  /// Rows by index; `ids` is i32.
  public Tensor gather(Tensor ids) {
    return Ops.gather(this, ids);
  }
}
