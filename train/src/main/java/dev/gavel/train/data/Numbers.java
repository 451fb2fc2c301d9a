package dev.gavel.train.data;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Numbers of results as JSON: in full for their type (the shortest digits that give the same bits
/// back), minus infinity as null.
public final class Numbers {
  private Numbers() {}

  /// @throws IllegalArgumentException for NaN and plus infinity, which are never results
  public static JsonNode json(float x) {
    check(x);
    return x == Float.NEGATIVE_INFINITY
        ? JsonNodeFactory.instance.nullNode()
        : JsonNodeFactory.instance.numberNode(x);
  }

  /// @throws IllegalArgumentException for NaN and plus infinity, which are never results
  public static JsonNode json(double x) {
    check(x);
    return x == Double.NEGATIVE_INFINITY
        ? JsonNodeFactory.instance.nullNode()
        : JsonNodeFactory.instance.numberNode(x);
  }

  private static void check(double x) {
    if (Double.isNaN(x) || x == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "the result is " + x + "; the model's weights or the input are damaged");
    }
  }
}
