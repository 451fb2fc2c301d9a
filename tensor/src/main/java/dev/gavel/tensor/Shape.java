package dev.gavel.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/// Lengths of a tensor's dimensions, outermost first. `Shape.of()` is a scalar; any length may be
/// 0.
public record Shape(long... dims) {
  public Shape {
    dims = dims.clone();
    long size = 1;
    for (long d : dims) {
      if (d < 0) {
        throw new IllegalArgumentException(
            "shape " + Arrays.toString(dims) + " has a negative length");
      }
      size = Math.multiplyExact(size, d);
    }
  }

  public static Shape of(long... dims) {
    return new Shape(dims);
  }

  @Override
  public long[] dims() {
    return dims.clone();
  }

  public int rank() {
    return dims.length;
  }

  /// Length of dimension `i`; negative counts from the last one.
  public long dim(int i) {
    return dims[i < 0 ? dims.length + i : i];
  }

  /// Number of elements.
  public long size() {
    long size = 1;
    for (long d : dims) {
      size *= d;
    }
    return size;
  }

  /// Length of the last dimension; 1 for a scalar.
  public long last() {
    return dims.length == 0 ? 1 : dims[dims.length - 1];
  }

  /// Number of rows when everything but the last dimension is flattened.
  public long rows() {
    long rows = 1;
    for (int i = 0; i + 1 < dims.length; i++) {
      rows *= dims[i];
    }
    return rows;
  }

  /// The same shape with another last dimension.
  public Shape withLast(long last) {
    long[] d = dims.clone();
    d[d.length - 1] = last;
    return new Shape(d);
  }

  /// The same shape with another first dimension.
  public Shape withFirst(long first) {
    long[] d = dims.clone();
    d[0] = first;
    return new Shape(d);
  }

  /// Elements of one step along the first dimension.
  public long stride() {
    long stride = 1;
    for (int i = 1; i < dims.length; i++) {
      stride *= dims[i];
    }
    return stride;
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof Shape s && Arrays.equals(dims, s.dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  @Override
  public String toString() {
    return Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
  }
}
