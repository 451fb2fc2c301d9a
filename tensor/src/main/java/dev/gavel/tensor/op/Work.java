package dev.gavel.tensor.op;

/// What an op has to do at least, for benches: from it follow the shares of the machine's limits.
///
/// @param bytes read and written by the forward pass, every input once; 0: nothing moves
/// @param flops of the forward pass (a multiplication with its addition counts two); 0: few for its
///   bytes
/// @param backwardFlops of the derivatives of all inputs
public record Work(long bytes, long flops, long backwardFlops) {
  /// A view: nothing to do.
  static final Work NONE = new Work(0, 0, 0);

  /// All inputs are read and `outputs` elements written.
  static Work moving(OpCase c, long outputs) {
    long elements = outputs;
    for (OpCase.Input input : c.inputs()) {
      elements += input.shape().size();
    }
    return new Work(Float.BYTES * elements, 0, 0);
  }

  Work computing(long flops, long backwardFlops) {
    return new Work(bytes, flops, backwardFlops);
  }
}
