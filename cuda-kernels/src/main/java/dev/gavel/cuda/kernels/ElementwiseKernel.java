package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.cuda.driver.Stream;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;

/// Functions of one or two tensors, element by element: `elementwise.cu`.
public final class ElementwiseKernel {
  /// Where the second argument of an element stands; in the order of the source.
  public enum Spread {
    /// At the same place.
    SAME,
    /// There is one only.
    ONE,
    /// In one row, for all rows.
    ROW,
    /// In one column, for all columns.
    COLUMN
  }

  private final Stream stream;
  private final Modules modules;
  private final Typed unary;
  private final Typed binary;
  private final Typed axpby;
  private final Typed affine;

  public ElementwiseKernel(CudaContext context) {
    stream = context.stream();
    modules = context.modules();
    unary = new Typed(context, "elementwise", "elementwise_unary");
    binary = new Typed(context, "elementwise", "elementwise_binary");
    axpby = new Typed(context, "elementwise", "elementwise_axpby");
    affine = new Typed(context, "elementwise", "elementwise_affine");
  }

  /// y = op(x); y may be x.
  public void unary(DType type, UnaryOp op, long y, long x, long n) {
    unary
        .of(type)
        .grid(Grid.stream(type, n, 2))
        .block(Grid.THREADS)
        .arg(y)
        .arg(x)
        .arg(op.ordinal())
        .arg(n)
        .launch(stream);
  }

  /// y = op(a, b); y may be a.
  ///
  /// @param columns the last dimension of a, where b is spread by rows or columns
  public void binary(
      DType type, BinaryOp op, long y, long a, long b, Spread spread, int columns, long n) {
    binary
        .of(type)
        .grid(Grid.stream(type, n, 2))
        .block(Grid.THREADS)
        .arg(y)
        .arg(a)
        .arg(b)
        .arg(op.ordinal())
        .arg(spread.ordinal())
        .arg(columns)
        .arg(n)
        .launch(stream);
  }

  /// y = alpha x + beta y; with beta 0 what stood in y is not read.
  public void axpby(DType type, long y, long x, double alpha, double beta, long n) {
    axpby
        .of(type)
        .grid(Grid.stream(type, n, 2))
        .block(Grid.THREADS)
        .arg(y)
        .arg(x)
        .arg((float) alpha)
        .arg((float) beta)
        .arg(n)
        .launch(stream);
  }

  /// y = alpha x + shift; y may be x.
  public void affine(DType type, long y, long x, double alpha, double shift, long n) {
    affine
        .of(type)
        .grid(Grid.stream(type, n, 4))
        .block(Grid.THREADS)
        .arg(y)
        .arg(x)
        .arg((float) alpha)
        .arg((float) shift)
        .arg(n)
        .launch(stream);
  }

  /// y = value, for any type.
  public void fill(DType type, long y, double value, long n) {
    long units = n * type.bytes() / 2;
    modules
        .kernel("elementwise", "elementwise_fill")
        .grid(Grid.blocks(units, Grid.THREADS * 32, Integer.MAX_VALUE))
        .block(Grid.THREADS)
        .arg(y)
        .arg(pattern(type, value))
        .arg(units)
        .launch(stream);
  }

  /// Eight bytes of the value.
  private static long pattern(DType type, double value) {
    return switch (type) {
      case F64 -> Double.doubleToRawLongBits(value);
      case F32 -> twice(Float.floatToRawIntBits((float) value));
      case I32 -> twice((int) value);
      case BF16 -> {
        int bits = bf16((float) value);
        yield twice(bits << 16 | bits);
      }
    };
  }

  private static long twice(int bits) {
    return (long) bits << 32 | bits & 0xffff_ffffL;
  }

  /// Nearest, ties to even; NaN stays NaN.
  private static int bf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return (Float.isNaN(x) ? bits | 0x40_0000 : bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
  }

  /// Bytes that must move with so many tensors in and out.
  public static double bytes(DType type, int tensors, long n) {
    return (double) tensors * type.bytes() * n;
  }
}
