package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.Tensor;

/// Products, look-ups and the fused functions of one row as plain loops.
final class ReferenceRows {
  private ReferenceRows() {}

  static void gatherRows(Tensor table, Tensor ids, Tensor y) {
    Doubles in = new Doubles(table);
    Doubles at = new Doubles(ids);
    Doubles out = new Doubles(y);
    long stride = table.shape().stride();
    for (long r = 0; r < ids.size(); r++) {
      for (long j = 0; j < stride; j++) {
        out.set(r * stride + j, in.get(at.id(r) * stride + j));
      }
    }
  }

  static void scatterAddRows(Tensor x, Tensor ids, Tensor table) {
    Doubles in = new Doubles(x);
    Doubles at = new Doubles(ids);
    Doubles out = new Doubles(table);
    long stride = table.shape().stride();
    for (long r = 0; r < ids.size(); r++) {
      for (long j = 0; j < stride; j++) {
        out.put(at.id(r) * stride + j, in.get(r * stride + j), true);
      }
    }
  }

  static void matmul(Tensor a, boolean transA, Tensor b, boolean transB, Tensor y, boolean add) {
    Doubles left = new Doubles(a);
    Doubles right = new Doubles(b);
    Doubles out = new Doubles(y);
    long m = y.shape().dim(0);
    long n = y.shape().dim(1);
    long k = transA ? a.shape().dim(0) : a.shape().dim(1);
    for (long i = 0; i < m; i++) {
      for (long j = 0; j < n; j++) {
        double sum = 0;
        for (long p = 0; p < k; p++) {
          double l = left.get(transA ? p * m + i : i * k + p);
          sum += l * right.get(transB ? j * k + p : p * n + j);
        }
        out.put(i * n + j, sum, add);
      }
    }
  }

  static void rmsNorm(Tensor x, Tensor w, double eps, Tensor y, Tensor rstd) {
    Doubles in = new Doubles(x);
    Doubles weight = new Doubles(w);
    Doubles out = new Doubles(y);
    Doubles inverse = new Doubles(rstd);
    long c = w.size();
    for (long r = 0; r < rstd.size(); r++) {
      double squares = 0;
      for (long j = 0; j < c; j++) {
        squares += in.get(r * c + j) * in.get(r * c + j);
      }
      double s = 1 / Math.sqrt(squares / c + eps);
      inverse.set(r, s);
      for (long j = 0; j < c; j++) {
        out.set(r * c + j, in.get(r * c + j) * s * weight.get(j));
      }
    }
  }

  /// gx = s (w gy - x s^2 mean(w gy x)); gw = sum over rows of gy x s.
  static void rmsNormBackward(
      Tensor x,
      Tensor w,
      Tensor rstd,
      Tensor gy,
      Tensor gx,
      boolean addX,
      Tensor gw,
      boolean addW) {
    Doubles in = new Doubles(x);
    Doubles weight = new Doubles(w);
    Doubles inverse = new Doubles(rstd);
    Doubles g = new Doubles(gy);
    Doubles outX = new Doubles(gx);
    Doubles outW = new Doubles(gw);
    int c = (int) w.size();
    double[] sums = new double[c];
    for (long r = 0; r < rstd.size(); r++) {
      double s = inverse.get(r);
      double dot = 0;
      for (int j = 0; j < c; j++) {
        long i = r * c + j;
        dot += g.get(i) * weight.get(j) * in.get(i);
        sums[j] += g.get(i) * in.get(i) * s;
      }
      for (int j = 0; j < c; j++) {
        long i = r * c + j;
        outX.put(i, s * (weight.get(j) * g.get(i) - in.get(i) * s * s * dot / c), addX);
      }
    }
    for (int j = 0; j < c; j++) {
      outW.put(j, sums[j], addW);
    }
  }

  static void rope(Tensor x, Tensor cos, Tensor sin, Tensor positions, boolean inverse, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles c = new Doubles(cos);
    Doubles s = new Doubles(sin);
    Doubles at = new Doubles(positions);
    Doubles out = new Doubles(y);
    long heads = x.shape().dim(1);
    long d = x.shape().dim(2);
    for (long row = 0; row < x.shape().dim(0) * heads; row++) {
      long angle = at.id(row / heads) * (d / 2);
      for (long j = 0; j < d / 2; j++) {
        double u = in.get(row * d + j);
        double v = in.get(row * d + j + d / 2);
        double cj = c.get(angle + j);
        double sj = inverse ? -s.get(angle + j) : s.get(angle + j);
        out.set(row * d + j, u * cj - v * sj);
        out.set(row * d + j + d / 2, v * cj + u * sj);
      }
    }
  }

  static void swiGlu(Tensor gate, Tensor up, Tensor y) {
    Doubles g = new Doubles(gate);
    Doubles u = new Doubles(up);
    Doubles out = new Doubles(y);
    for (long i = 0; i < y.size(); i++) {
      out.set(i, g.get(i) * ReferenceElement.sigmoid(g.get(i)) * u.get(i));
    }
  }

  static void swiGluBackward(Tensor gate, Tensor up, Tensor gy, Tensor gGate, Tensor gUp) {
    Doubles g = new Doubles(gate);
    Doubles u = new Doubles(up);
    Doubles grad = new Doubles(gy);
    Doubles outG = new Doubles(gGate);
    Doubles outU = new Doubles(gUp);
    for (long i = 0; i < gy.size(); i++) {
      double x = g.get(i);
      double s = ReferenceElement.sigmoid(x);
      double gi = grad.get(i);
      double ui = u.get(i);
      outG.set(i, gi * ui * (s + x * s * (1 - s)));
      outU.set(i, gi * x * s);
    }
  }

  static void softmax(Tensor x, double temperature, Tensor y) {
    Doubles in = new Doubles(x);
    Doubles out = new Doubles(y);
    long c = x.shape().last();
    for (long o = 0; o < x.size(); o += c) {
      double max = Double.NEGATIVE_INFINITY;
      for (long j = 0; j < c; j++) {
        max = Math.max(max, in.get(o + j) / temperature);
      }
      double sum = 0;
      for (long j = 0; j < c; j++) {
        sum += StrictMath.exp(in.get(o + j) / temperature - max);
      }
      for (long j = 0; j < c; j++) {
        out.set(o + j, StrictMath.exp(in.get(o + j) / temperature - max) / sum);
      }
    }
  }
}
