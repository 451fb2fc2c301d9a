package dev.gavel.tensor.spi;

/// Element-wise functions of one argument that a backend provides.
public enum UnaryOp {
  NEG,
  EXP,
  /// Natural logarithm.
  LOG,
  SQRT,
  RECIPROCAL,
  SQUARE,
  ABS,
  RELU,
  /// 1 / (1 + exp(-x)).
  SIGMOID,
  /// log(sigmoid(x)), finite for every finite x.
  LOG_SIGMOID,
  /// x * sigmoid(x).
  SILU,
  /// -1, 0 or 1.
  SIGN
}
