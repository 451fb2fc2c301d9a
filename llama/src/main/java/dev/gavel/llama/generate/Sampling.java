package dev.gavel.llama.generate;

/// How the next token is chosen from the model's distribution, in the order of transformers'
/// processors: temperature, top-k, top-p, min-p.
///
/// @param temperature 0 is greedy
/// @param topK keep what is not below the k-th largest probability; 0 is off
/// @param topP keep the smallest set of largest probabilities whose mass reaches this, the token
///   that crosses included; 1 is off
/// @param minP drop what is below this times the largest probability; 0 is off
public record Sampling(double temperature, int topK, double topP, double minP) {
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException("temperature is " + temperature + ", expected 0 or more");
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top_k is " + topK + ", expected 0 (off) or more");
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException(
          "top_p is " + topP + ", expected more than 0 and at most 1");
    }
    if (!(minP >= 0 && minP <= 1)) {
      throw new IllegalArgumentException("min_p is " + minP + ", expected 0 to 1");
    }
  }

  public boolean greedy() {
    return temperature == 0;
  }
}
