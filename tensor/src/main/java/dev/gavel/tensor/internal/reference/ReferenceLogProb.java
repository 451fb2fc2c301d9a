package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Log-probabilities of targets, one row of logits at a time.
final class ReferenceLogProb {
  private final Doubles h;
  private final Doubles w;
  private final Doubles targets;
  private final int rows;
  private final int c;
  private final int vocabulary;

  ReferenceLogProb(Tensor h, Tensor w, Tensor targets) {
    this.h = new Doubles(h);
    this.w = new Doubles(w);
    this.targets = new Doubles(targets);
    rows = (int) h.shape().dim(0);
    c = (int) h.shape().dim(1);
    vocabulary = (int) w.shape().dim(0);
  }

  private double[] logits(int t) {
    double[] z = new double[vocabulary];
    for (int j = 0; j < vocabulary; j++) {
      for (int i = 0; i < c; i++) {
        z[j] += h.get((long) t * c + i) * w.get((long) j * c + i);
      }
    }
    return z;
  }

  void forward(Tensor y, Tensor stats) {
    Doubles out = new Doubles(y);
    Doubles stat = new Doubles(stats);
    for (int t = 0; t < rows; t++) {
      row(logits(t), targets.id(t), t, out, stat);
    }
  }

  static void ofLogits(Tensor logits, Tensor targets, Tensor y, Tensor stats) {
    Doubles in = new Doubles(logits);
    Doubles ids = new Doubles(targets);
    Doubles out = new Doubles(y);
    Doubles stat = new Doubles(stats);
    double[] z = new double[(int) logits.shape().last()];
    for (int t = 0; t < y.size(); t++) {
      for (int j = 0; j < z.length; j++) {
        z[j] = in.get((long) t * z.length + j);
      }
      row(z, ids.id(t), t, out, stat);
    }
  }

  private static void row(double[] z, int target, int t, Doubles out, Doubles stat) {
    int best = 0;
    for (int j = 1; j < z.length; j++) {
      best = z[j] > z[best] ? j : best;
    }
    double sum = 0;
    double weighted = 0;
    for (double x : z) {
      double e = StrictMath.exp(x - z[best]);
      sum += e;
      weighted += e * (x - z[best]);
    }
    double log = StrictMath.log(sum);
    out.set(t, z[target] - z[best] - log);
    stat.set(3L * t, z[best] + log);
    stat.set(3L * t + 1, log - weighted / sum);
    stat.set(3L * t + 2, target == best ? 1 : 0);
  }

  void backward(
      Tensor stats,
      Tensor gy,
      @Nullable Tensor gh,
      boolean addH,
      @Nullable Tensor gw,
      boolean addW) {
    Doubles stat = new Doubles(stats);
    Doubles g = new Doubles(gy);
    double[] dw = new double[gw == null ? 0 : vocabulary * c];
    for (int t = 0; t < rows; t++) {
      double[] z = logits(t);
      double[] dh = new double[c];
      for (int j = 0; j < vocabulary; j++) {
        double gz = -StrictMath.exp(z[j] - stat.get(3L * t));
        gz = (j == targets.id(t) ? gz + 1 : gz) * g.get(t);
        for (int i = 0; i < c; i++) {
          dh[i] += gz * w.get((long) j * c + i);
          if (gw != null) {
            dw[j * c + i] += gz * h.get((long) t * c + i);
          }
        }
      }
      put(gh, (long) t * c, dh, addH);
    }
    put(gw, 0, dw, addW);
  }

  private static void put(@Nullable Tensor to, long at, double[] values, boolean add) {
    if (to != null) {
      Doubles out = new Doubles(to);
      for (int i = 0; i < values.length; i++) {
        out.put(at + i, values[i], add);
      }
    }
  }
}
