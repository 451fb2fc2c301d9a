package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import dev.gavel.tensor.spi.BinaryOp;
import java.lang.foreign.MemorySegment;

/// y = a op b, element by element; b may be a single number, a row [C] or a column [R, 1] beside a
/// matrix a[R, C]. y may be the memory of a, or of b where it has the same shape. max and min are
/// those of `Math`: NaN wins, -0 is below 0.
final class BinaryKernels {
  private BinaryKernels() {}

  /// Operands of the same shape: elements `from .. to - 1`.
  static void same(
      BinaryOp op,
      MemorySegment a,
      long ao,
      MemorySegment b,
      long bo,
      MemorySegment y,
      long yo,
      long from,
      long to) {
    long p = ao + 4 * from;
    long q = bo + 4 * from;
    long r = yo + 4 * from;
    long n = to - from;
    switch (op) {
      case ADD -> add(a, p, b, q, y, r, n);
      case SUB -> sub(a, p, b, q, y, r, n);
      case MUL -> mul(a, p, b, q, y, r, n);
      case DIV -> div(a, p, b, q, y, r, n);
      case MAX -> max(a, p, b, q, y, r, n);
      case MIN -> min(a, p, b, q, y, r, n);
    }
  }

  /// y = a op b for a number b.
  static void number(
      BinaryOp op,
      MemorySegment a,
      long ao,
      float b,
      MemorySegment y,
      long yo,
      long from,
      long to) {
    long p = ao + 4 * from;
    long r = yo + 4 * from;
    long n = to - from;
    switch (op) {
      case ADD -> add(a, p, b, y, r, n);
      case SUB -> add(a, p, -b, y, r, n);
      case MUL -> mul(a, p, b, y, r, n);
      case DIV -> div(a, p, b, y, r, n);
      case MAX -> max(a, p, b, y, r, n);
      case MIN -> min(a, p, b, y, r, n);
    }
  }

  /// Matrices [R, C] with a row b[C] for all rows of a: rows `r0 .. r1 - 1`.
  static void row(
      BinaryOp op,
      MemorySegment a,
      long ao,
      MemorySegment b,
      long bo,
      MemorySegment y,
      long yo,
      long r0,
      long r1,
      int c) {
    for (long r = r0; r < r1; r++) {
      same(op, a, ao + 4 * r * c, b, bo, y, yo + 4 * r * c, 0, c);
    }
  }

  /// Matrices [R, C] with a column b[R, 1] for all columns of a: rows `r0 .. r1 - 1`.
  static void column(
      BinaryOp op,
      MemorySegment a,
      long ao,
      MemorySegment b,
      long bo,
      MemorySegment y,
      long yo,
      long r0,
      long r1,
      int c) {
    for (long r = r0; r < r1; r++) {
      number(op, a, ao, get(b, bo + 4 * r), y, yo, r * c, (r + 1) * c);
    }
  }

  private static void add(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).add(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p + q);
    }
  }

  private static void sub(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).sub(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p - q);
    }
  }

  private static void mul(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).mul(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p * q);
    }
  }

  private static void div(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).div(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p / q);
    }
  }

  private static void max(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).max(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, Math.max(p, q));
    }
  }

  private static void min(
      MemorySegment a, long ao, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).min(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, Math.min(p, q));
    }
  }

  private static void add(MemorySegment a, long ao, float q, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).add(q).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      set(y, yo + 4 * i, p + q);
    }
  }

  private static void mul(MemorySegment a, long ao, float q, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).mul(q).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      set(y, yo + 4 * i, p * q);
    }
  }

  private static void div(MemorySegment a, long ao, float q, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).div(q).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      set(y, yo + 4 * i, p / q);
    }
  }

  private static void max(MemorySegment a, long ao, float q, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).max(q).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      set(y, yo + 4 * i, Math.max(p, q));
    }
  }

  private static void min(MemorySegment a, long ao, float q, MemorySegment y, long yo, long n) {
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      load(a, ao + 4 * i).min(q).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float p = get(a, ao + 4 * i);
      set(y, yo + 4 * i, Math.min(p, q));
    }
  }
}
