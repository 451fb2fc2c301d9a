package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Axis;
import dev.gavel.tensor.spi.Backend.AdamWStep;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.UnaryOp;

/// Element-wise functions, reductions and the optimizer as plain loops.
final class ReferenceElement {
  private ReferenceElement() {}

  static double apply(UnaryOp op, double x) {
    return switch (op) {
      case NEG -> -x;
      case EXP -> StrictMath.exp(x);
      case LOG -> StrictMath.log(x);
      case SQRT -> Math.sqrt(x);
      case RECIPROCAL -> 1 / x;
      case SQUARE -> x * x;
      case ABS -> Math.abs(x);
      case RELU -> x > 0 ? x : 0;
      case SIGMOID -> sigmoid(x);
      case LOG_SIGMOID -> Math.min(x, 0) - StrictMath.log1p(StrictMath.exp(-Math.abs(x)));
      case SILU -> x * sigmoid(x);
      case SIGN -> Math.signum(x);
    };
  }

  static double sigmoid(double x) {
    if (x >= 0) {
      return 1 / (1 + StrictMath.exp(-x));
    }
    double e = StrictMath.exp(x);
    return e / (1 + e);
  }

  static double apply(BinaryOp op, double a, double b) {
    return switch (op) {
      case ADD -> a + b;
      case SUB -> a - b;
      case MUL -> a * b;
      case DIV -> a / b;
      case MAX -> Math.max(a, b);
      case MIN -> Math.min(a, b);
    };
  }

  static void unary(UnaryOp op, Tensor x, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    for (long i = 0; i < x.size(); i++) {
      out.set(i, apply(op, in.get(i)));
    }
  }

  static void binary(BinaryOp op, Tensor a, Tensor b, Tensor y) {
    Doubles in = new Doubles(a);
    Doubles other = new Doubles(b);
    Doubles out = new Doubles(y);
    long columns = a.shape().last();
    boolean same = a.shape().equals(b.shape());
    boolean one = b.size() == 1;
    boolean column = b.shape().last() == 1;
    for (long i = 0; i < a.size(); i++) {
      long j = same ? i : one ? 0 : column ? i / columns : i % columns;
      out.set(i, apply(op, in.get(i), other.get(j)));
    }
  }

  static void axpby(double alpha, Tensor x, double beta, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    for (long i = 0; i < x.size(); i++) {
      out.set(i, beta == 0 ? alpha * in.get(i) : alpha * in.get(i) + beta * out.get(i));
    }
  }

  static void affine(double alpha, Tensor x, double shift, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    for (long i = 0; i < x.size(); i++) {
      out.set(i, alpha * in.get(i) + shift);
    }
  }

  static void sum(Tensor x, Axis axis, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    long columns = x.shape().last();
    double[] sums = new double[Math.toIntExact(y.size())];
    for (long i = 0; i < x.size(); i++) {
      long j =
          switch (axis) {
            case ALL -> 0;
            case LAST -> i / columns;
            case ROWS -> i % columns;
          };
      sums[(int) j] += in.get(i);
    }
    for (int j = 0; j < sums.length; j++) {
      out.set(j, sums[j]);
    }
  }

  static void rowMax(Tensor x, Tensor y, Tensor index) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    Doubles at = new Doubles(index);
    long columns = x.shape().last();
    for (long r = 0; r < y.size(); r++) {
      long best = 0;
      for (long j = 1; j < columns; j++) {
        if (in.get(r * columns + j) > in.get(r * columns + best)) {
          best = j;
        }
      }
      out.set(r, in.get(r * columns + best));
      at.set(r, best);
    }
  }

  static double sumOfSquares(Tensor x) {
    Doubles in = new Doubles(x);
    double sum = 0;
    for (long i = 0; i < x.size(); i++) {
      sum += in.get(i) * in.get(i);
    }
    return sum;
  }

  static void adamW(Tensor p, Tensor g, Tensor m, Tensor v, AdamWStep s) {
    Doubles weight = new Doubles(p);
    Doubles grad = new Doubles(g);
    Doubles mean = new Doubles(m);
    Doubles square = new Doubles(v);
    double root2 = Math.sqrt(s.correction2());
    for (long i = 0; i < p.size(); i++) {
      double gi = grad.get(i) * s.gradScale();
      double mi = s.beta1() * mean.get(i) + (1 - s.beta1()) * gi;
      double vi = s.beta2() * square.get(i) + (1 - s.beta2()) * gi * gi;
      mean.set(i, mi);
      square.set(i, vi);
      double decayed = weight.get(i) * (1 - s.learningRate() * s.weightDecay());
      double step = s.learningRate() / s.correction1() * mi / (Math.sqrt(vi) / root2 + s.eps());
      weight.set(i, decayed - step);
    }
  }
}
