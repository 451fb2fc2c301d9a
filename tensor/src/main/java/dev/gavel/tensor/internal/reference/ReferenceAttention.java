package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Tensor;

/// Causal grouped-query attention with a full row of scores.
final class ReferenceAttention {
  private final Doubles q;
  private final Doubles k;
  private final Doubles v;
  private final int heads;
  private final int kvHeads;
  private final int d;
  private final double scale;

  ReferenceAttention(Tensor q, Tensor k, Tensor v) {
    this.q = new Doubles(q);
    this.k = new Doubles(k);
    this.v = new Doubles(v);
    heads = (int) q.shape().dim(1);
    kvHeads = (int) k.shape().dim(1);
    d = (int) q.shape().dim(2);
    scale = 1 / Math.sqrt(d);
  }

  private long query(int t, int h) {
    return ((long) t * heads + h) * d;
  }

  private long key(int t, int h) {
    return ((long) t * kvHeads + h / (heads / kvHeads)) * d;
  }

  private double score(int t, int u, int h) {
    double s = 0;
    for (int i = 0; i < d; i++) {
      s += q.get(query(t, h) + i) * k.get(key(u, h) + i);
    }
    return s * scale;
  }

  void forward(Ragged batch, Tensor y, Tensor lse) {
    Doubles out = new Doubles(y);
    Doubles norm = new Doubles(lse);
    for (int s = 0; s < batch.sequences(); s++) {
      for (int t = batch.offset(s); t < batch.offset(s + 1); t++) {
        for (int h = 0; h < heads; h++) {
          row(batch.offset(s), t, h, out, norm);
        }
      }
    }
  }

  private void row(int first, int t, int h, Doubles out, Doubles norm) {
    double[] scores = new double[t - first + 1];
    double max = Double.NEGATIVE_INFINITY;
    for (int u = first; u <= t; u++) {
      scores[u - first] = score(t, u, h);
      max = Math.max(max, scores[u - first]);
    }
    double sum = 0;
    for (double x : scores) {
      sum += StrictMath.exp(x - max);
    }
    double log = max + StrictMath.log(sum);
    norm.set((long) t * heads + h, log);
    for (int i = 0; i < d; i++) {
      double o = 0;
      for (int u = first; u <= t; u++) {
        o += StrictMath.exp(scores[u - first] - log) * v.get(key(u, h) + i);
      }
      out.set(query(t, h) + i, o);
    }
  }

  /// With P = exp(score - lse): gv = P^T gy, gs = P (gy v^T - gy y), gq = gs k scale, gk = gs^T q
  /// scale.
  void backward(Tensor y, Tensor lse, Tensor gy, Ragged batch, Tensor gq, Tensor gk, Tensor gv) {
    Doubles out = new Doubles(y);
    Doubles norm = new Doubles(lse);
    Doubles g = new Doubles(gy);
    double[] dq = new double[(int) gq.size()];
    double[] dk = new double[(int) gk.size()];
    double[] dv = new double[(int) gv.size()];
    for (int s = 0; s < batch.sequences(); s++) {
      for (int t = batch.offset(s); t < batch.offset(s + 1); t++) {
        for (int h = 0; h < heads; h++) {
          int a = (int) query(t, h);
          double delta = 0;
          for (int i = 0; i < d; i++) {
            delta += g.get(a + i) * out.get(a + i);
          }
          for (int u = batch.offset(s); u <= t; u++) {
            int b = (int) key(u, h);
            double p = StrictMath.exp(score(t, u, h) - norm.get((long) t * heads + h));
            double gp = 0;
            for (int i = 0; i < d; i++) {
              gp += g.get(a + i) * v.get(b + i);
              dv[b + i] += p * g.get(a + i);
            }
            double gs = p * (gp - delta) * scale;
            for (int i = 0; i < d; i++) {
              dq[a + i] += gs * k.get(b + i);
              dk[b + i] += gs * q.get(a + i);
            }
          }
        }
      }
    }
    store(dq, gq);
    store(dk, gk);
    store(dv, gv);
  }

  private static void store(double[] values, Tensor t) {
    Doubles out = new Doubles(t);
    for (int i = 0; i < values.length; i++) {
      out.set(i, values[i]);
    }
  }
}
