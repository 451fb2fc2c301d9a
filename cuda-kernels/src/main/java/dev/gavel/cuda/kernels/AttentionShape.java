package dev.gavel.cuda.kernels;

/// Heads of attention.
///
/// @param kvHeads heads of keys and values; divides `heads`
/// @param headSize elements of a head
public record AttentionShape(int heads, int kvHeads, int headSize) {
  public AttentionShape {
    if (heads < 1 || kvHeads < 1 || heads % kvHeads != 0 || headSize < 1) {
      throw new IllegalArgumentException(
          "attention: %d heads of %d, %d key heads; key heads must divide heads"
              .formatted(heads, headSize, kvHeads));
    }
  }

  /// Query heads that share a head of keys.
  int group() {
    return heads / kvHeads;
  }

  /// What scores are multiplied with.
  float scale() {
    return (float) (1 / Math.sqrt(headSize));
  }
}
