package dev.gavel.tensor.spi;

/// Element-wise functions of two arguments that a backend provides.
public enum BinaryOp {
  ADD,
  SUB,
  MUL,
  DIV,
  MAX,
  MIN
}
