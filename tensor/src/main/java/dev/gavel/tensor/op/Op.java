package dev.gavel.tensor.op;

import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.List;

/// A primitive operation with its derivative and the cases it is tested on. A new one is a record
/// that implements this and one line in [OpCatalog]; gradient check, parity of backends, odd
/// shapes, determinism and a bench entry follow from that.
public interface Op {
  /// How it is called in tests, reports and messages.
  default String name() {
    String n = getClass().getSimpleName();
    return Character.toLowerCase(n.charAt(0)) + n.substring(1);
  }

  /// Checks shapes, allocates the output, calls the backend. May [Call#save] what the derivative
  /// needs.
  Tensor forward(Call c);

  /// Leaves the gradient of each input that [Call#needs] one, from the gradient `gy` of the output.
  void backward(Call c, Tensor gy);

  /// Inputs on which the catalog tests run this op.
  List<OpCase> cases();

  /// Runs it, recorded where a tape follows an input.
  default Tensor apply(Tensor... inputs) {
    return Tape.apply(this, inputs);
  }
}
