package dev.gavel.llama.hub;

import java.util.Optional;

/// Rotary position embedding: frequencies f_i = theta^(-2i/d), for Llama 3.1 and later stretched
/// where their wave is long.
///
/// @param theta base of the frequencies
/// @param llama3 the stretching, empty for plain rope
public record Rope(double theta, Optional<Llama3> llama3) {
  /// Llama 3.1's scaling: waves shorter than `originalMaxPositionEmbeddings / highFreqFactor` stay,
  /// those longer than `originalMaxPositionEmbeddings / lowFreqFactor` are slowed by `factor`, in
  /// between the two are blended. Source: meta-llama/llama-models, `models/llama3/model.py`.
  public record Llama3(
      double factor,
      double lowFreqFactor,
      double highFreqFactor,
      int originalMaxPositionEmbeddings) {
    public Llama3 {
      if (!(factor > 0 && Double.isFinite(factor))) {
        throw new IllegalArgumentException("factor is " + factor + ", expected more than 0");
      }
      if (!(lowFreqFactor > 0
          && highFreqFactor > lowFreqFactor
          && Double.isFinite(highFreqFactor))) {
        throw new IllegalArgumentException(
            "low_freq_factor is %s and high_freq_factor is %s, expected 0 < low < high"
                .formatted(lowFreqFactor, highFreqFactor));
      }
      if (originalMaxPositionEmbeddings <= 0) {
        throw new IllegalArgumentException(
            "original_max_position_embeddings is "
                + originalMaxPositionEmbeddings
                + ", expected more than 0");
      }
    }

    private double scaled(double frequency) {
      double wave = 2 * Math.PI / frequency;
      if (wave < originalMaxPositionEmbeddings / highFreqFactor) {
        return frequency;
      }
      if (wave > originalMaxPositionEmbeddings / lowFreqFactor) {
        return frequency / factor;
      }
      double s =
          (originalMaxPositionEmbeddings / wave - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
      return (1 - s) * frequency / factor + s * frequency;
    }
  }

  public Rope {
    if (!(theta > 0 && Double.isFinite(theta))) {
      throw new IllegalArgumentException("rope_theta is " + theta + ", expected more than 0");
    }
  }

  /// Rope without scaling.
  public static Rope plain(double theta) {
    return new Rope(theta, Optional.empty());
  }

  /// Radians per position of each of the `headDim / 2` pairs (i, i + headDim / 2).
  public double[] inverseFrequencies(int headDim) {
    double[] f = new double[headDim / 2];
    for (int i = 0; i < f.length; i++) {
      double frequency = 1 / StrictMath.pow(theta, 2.0 * i / headDim);
      f[i] = llama3.isPresent() ? llama3.get().scaled(frequency) : frequency;
    }
    return f;
  }
}
