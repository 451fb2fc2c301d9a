package dev.gavel.tensor.internal.vector;

import static dev.gavel.tensor.internal.vector.Lanes.F;
import static dev.gavel.tensor.internal.vector.Lanes.L;
import static dev.gavel.tensor.internal.vector.Lanes.LE;
import static dev.gavel.tensor.internal.vector.Lanes.get;
import static dev.gavel.tensor.internal.vector.Lanes.load;
import static dev.gavel.tensor.internal.vector.Lanes.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/// y = a op b, element by element; one operand may be a single number, a row [C] or a column [R, 1]
/// beside a matrix [R, C]. y may be the memory of an operand of its own shape. max and min are
/// those of `Math`: NaN wins, -0 is below 0.
final class BinaryKernels {
  enum Op {
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN
  }

  private BinaryKernels() {}

  /// Operands of the same shape: elements `from .. to - 1`.
  static void same(
      Op op,
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
  static void right(
      Op op, MemorySegment a, long ao, float b, MemorySegment y, long yo, long from, long to) {
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

  /// y = a op b for a number a.
  static void left(
      Op op, float a, MemorySegment b, long bo, MemorySegment y, long yo, long from, long to) {
    long q = bo + 4 * from;
    long r = yo + 4 * from;
    long n = to - from;
    switch (op) {
      case SUB -> subFrom(a, b, q, y, r, n);
      case DIV -> divide(a, b, q, y, r, n);
      case ADD, MUL, MAX, MIN -> right(op, b, bo, a, y, yo, from, to);
    }
  }

  /// Matrices [R, C] where the rows of an operand are `aStride` or `bStride` bytes apart: 0 uses
  /// one row for all. Rows `r0 .. r1 - 1`.
  static void rows(
      Op op,
      MemorySegment a,
      long ao,
      long aStride,
      MemorySegment b,
      long bo,
      long bStride,
      MemorySegment y,
      long yo,
      long r0,
      long r1,
      int c) {
    for (long r = r0; r < r1; r++) {
      same(op, a, ao + r * aStride, b, bo + r * bStride, y, yo + 4 * r * c, 0, c);
    }
  }

  /// [R, C] op [R, 1].
  static void columnRight(
      Op op,
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
      right(op, a, ao, get(b, bo + 4 * r), y, yo, r * c, (r + 1) * c);
    }
  }

  /// [R, 1] op [R, C].
  static void columnLeft(
      Op op,
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
      left(op, get(a, ao + 4 * r), b, bo, y, yo, r * c, (r + 1) * c);
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

  private static void subFrom(float p, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    FloatVector all = FloatVector.broadcast(F, p);
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      all.sub(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p - q);
    }
  }

  private static void divide(float p, MemorySegment b, long bo, MemorySegment y, long yo, long n) {
    FloatVector all = FloatVector.broadcast(F, p);
    long i = 0;
    for (long full = n - n % L; i < full; i += L) {
      all.div(load(b, bo + 4 * i)).intoMemorySegment(y, yo + 4 * i, LE);
    }
    for (; i < n; i++) {
      float q = get(b, bo + 4 * i);
      set(y, yo + 4 * i, p / q);
    }
  }
}
