package dev.gavel.tensor.op;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend;
import org.jspecify.annotations.Nullable;

/// One application of an op: its inputs, its output, and what its derivative keeps of the forward
/// pass.
public final class Call {
  /// Fills or adds to a gradient.
  public interface Writer {
    /// @param accumulate add to what stands there
    void write(Tensor gradient, boolean accumulate);
  }

  /// Where gradients go; the tape provides it.
  public interface Gradients {
    void into(Tensor x, Writer writer);

    void add(Tensor x, Tensor g);

    void pass(Tensor x, Tensor g);
  }

  private final Op op;
  private final Tensor[] inputs;
  private final boolean[] needs;
  private Tensor[] saved = {};
  private @Nullable Tensor output;
  private @Nullable Gradients gradients;

  /// @param tape the tape that will remember this call, or null
  public Call(Op op, Tensor[] inputs, @Nullable Tape tape) {
    this.op = op;
    this.inputs = inputs;
    this.needs = new boolean[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      needs[i] = tape != null && inputs[i].tracked();
    }
  }

  public Tensor run() {
    Tensor y = op.forward(this);
    output = y;
    return y;
  }

  public void backward(Tensor gy, Gradients sink) {
    gradients = sink;
    op.backward(this, gy);
    gradients = null;
  }

  public Tensor in(int i) {
    return inputs[i];
  }

  public int inputs() {
    return inputs.length;
  }

  /// The output; there is one after [#run].
  public Tensor out() {
    if (output == null) {
      throw new IllegalStateException(op.name() + " has not run yet");
    }
    return output;
  }

  public Device device() {
    return inputs[0].device();
  }

  public Backend backend() {
    return device().backend();
  }

  /// Whether input `i` may stand beside the first one: of its type, or a frozen weight of a
  /// narrower float type.
  boolean isWeight(int i) {
    DType type = inputs[0].dtype();
    DType weight = inputs[i].dtype();
    return weight == type
        || (type != DType.BF16 && type.isFloat() && weight.isFloat() && weight != DType.F64);
  }

  /// Refuses a gradient for input `i` where it is narrower than the first: it would be rounded to a
  /// type that does not hold it.
  void requireFrozen(int i) {
    Tensor weight = inputs[i];
    if (weight.dtype() != inputs[0].dtype() && (weight.tracked() || needs[i])) {
      throw new IllegalArgumentException(
          "%s: %s is narrower than %s beside it and gets no gradient; make it %s to train it"
              .formatted(op.name(), weight, inputs[0], inputs[0].dtype()));
    }
  }

  /// Input `i` for a backend's method: a narrower weight as it is where the backend widens on the
  /// way, else as a copy of the first input's type, which belongs to the open scope.
  Tensor weight(int i) {
    Tensor w = inputs[i];
    DType type = inputs[0].dtype();
    return w.dtype() == type || backend().takesNarrowWeights(type) ? w : w.to(type);
  }

  /// A new tensor of the first input's type.
  public Tensor empty(Shape shape) {
    return device().empty(inputs[0].dtype(), shape);
  }

  public Tensor empty(DType type, Shape shape) {
    return device().empty(type, shape);
  }

  /// A new tensor for sums over elements of the first input's type, see [DType#statistics].
  public Tensor statistics(Shape shape) {
    return device().empty(inputs[0].dtype().statistics(), shape);
  }

  public void save(Tensor... tensors) {
    saved = tensors;
  }

  public Tensor saved(int i) {
    return saved[i];
  }

  /// What was saved, or null where nothing was.
  public @Nullable Tensor savedOrNull(int i) {
    return i < saved.length ? saved[i] : null;
  }

  /// Whether a gradient of input `i` is wanted.
  public boolean needs(int i) {
    return needs[i];
  }

  /// Whether any is.
  public boolean needsAny() {
    for (boolean n : needs) {
      if (n) {
        return true;
      }
    }
    return false;
  }

  /// Lets `writer` write or add to the gradient of input `i`, in place; does nothing where none is
  /// wanted.
  public void into(int i, Writer writer) {
    if (needs[i]) {
      sink().into(inputs[i], writer);
    }
  }

  /// Adds `g`, which nobody else will use; its shape is the input's.
  public void add(int i, Tensor g) {
    if (needs[i]) {
      sink().add(inputs[i], g);
    }
  }

  /// Adds `g`, which others read too: it will not be changed.
  public void pass(int i, Tensor g) {
    if (needs[i]) {
      sink().pass(inputs[i], g);
    }
  }

  private Gradients sink() {
    if (gradients == null) {
      throw new IllegalStateException(op.name() + ": gradients exist only in the backward pass");
    }
    return gradients;
  }

  /// @return the exception to throw for shapes that do not fit
  public IllegalArgumentException mismatch(String expected) {
    StringBuilder b = new StringBuilder(op.name()).append(": ");
    for (int i = 0; i < inputs.length; i++) {
      b.append(i == 0 ? "" : " x ").append(inputs[i].dtype()).append(inputs[i].shape());
    }
    return new IllegalArgumentException(b.append("; ").append(expected).toString());
  }
}
