package dev.gavel.tensor.op;

import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import java.util.Comparator;
import java.util.List;

/// A primitive operation with its derivative and the cases it is tested on. A new one is a record
/// that implements this and one line in [OpCatalog]; gradient check, parity of backends, odd
/// shapes, determinism and a bench entry follow from that.
public interface Op {
  /// How it is called in tests, benches, reports and messages; no other op of the catalog has it.
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

  /// Inputs of a size that models have, for the bench; unless an op says otherwise, its largest
  /// case.
  default OpCase benchCase() {
    return cases().stream().max(Comparator.comparingLong(OpCase::elements)).orElseThrow();
  }

  /// What it has to do on the inputs of one of its cases; unless an op says otherwise, it reads
  /// them and writes an output as large as the first.
  default Work work(OpCase c) {
    return Work.moving(c, c.inputs().getFirst().shape().size());
  }

  /// Runs it, recorded where a tape follows an input.
  default Tensor apply(Tensor... inputs) {
    return Tape.apply(this, inputs);
  }
}
