package dev.gavel.tensor.optim;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// AdamW with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101, algorithm 2) in
/// PyTorch's order of operations. Norms and biases are not decayed (the Hugging Face Trainer's
/// rule, [#decays]).
public final class AdamW implements AutoCloseable {
  /// @param eps added to sqrt(v) / sqrt(1 - beta2^t)
  public record Options(double beta1, double beta2, double eps, double weightDecay) {
    public Options {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && eps >= 0 && weightDecay >= 0)) {
        throw new IllegalArgumentException(
            "AdamW: adam_beta1 %s and adam_beta2 %s must lie in [0, 1), adam_epsilon %s and weight_decay %s must not be negative"
                .formatted(beta1, beta2, eps, weightDecay));
      }
    }
  }

  /// A parameter with its moments.
  public static final class State implements AutoCloseable {
    public final Tensor parameter;
    public final Tensor mean;
    public final Tensor square;

    State(Tensor parameter) {
      this.parameter = parameter;
      Device device = parameter.device();
      DType type = parameter.dtype() == DType.F64 ? DType.F64 : DType.F32;
      mean = device.zeros(type, parameter.shape());
      square = device.zeros(type, parameter.shape());
    }

    @Override
    public void close() {
      mean.close();
      square.close();
    }
  }

  private static final Pattern NOT_DECAYED =
      Pattern.compile("bias|layernorm|rmsnorm|(?:^|\\.)norm(?:$|\\.)|_norm(?:$|\\.)");

  private final List<State> states = new ArrayList<>();
  private final Options options;
  private int steps;

  /// @param parameters named tensors; gradients are read from them
  public AdamW(List<Tensor> parameters, Options options) {
    this.options = options;
    parameters.forEach(p -> states.add(new State(p)));
  }

  /// Whether weight decay applies to a parameter of this name.
  public static boolean decays(String name) {
    return !NOT_DECAYED.matcher(name.toLowerCase(Locale.ROOT)).find();
  }

  /// L2 norm of all gradients together.
  public double gradNorm() {
    double squares = 0;
    for (State s : states) {
      Tensor g = s.parameter.grad();
      if (g != null) {
        squares += g.device().backend().sumOfSquares(g);
      }
    }
    return Math.sqrt(squares);
  }

  /// One step; gradients are cleared.
  ///
  /// @param maxGradNorm gradients are scaled by min(1, maxGradNorm / (norm + 1e-6)); 0 for no
  ///   clipping
  /// @return the norm before clipping
  public double step(double learningRate, double maxGradNorm) {
    double norm = gradNorm();
    step(learningRate, maxGradNorm, norm);
    return norm;
  }

  /// Likewise, for a caller that has looked at the norm before.
  ///
  /// @param norm what [#gradNorm] says
  public void step(double learningRate, double maxGradNorm, double norm) {
    double scale = maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1;
    steps++;
    for (State s : states) {
      @Nullable Tensor g = s.parameter.grad();
      if (g != null) {
        update(s, g, learningRate, scale);
        s.parameter.clearGrad();
      }
    }
  }

  private void update(State s, Tensor g, double learningRate, double scale) {
    double decay = decays(s.parameter.name()) ? options.weightDecay : 0;
    s.parameter
        .device()
        .backend()
        .adamW(
            s.parameter,
            g,
            s.mean,
            s.square,
            new Backend.AdamWStep(
                learningRate,
                options.beta1,
                options.beta2,
                options.eps,
                decay,
                scale,
                1 - StrictMath.pow(options.beta1, steps),
                1 - StrictMath.pow(options.beta2, steps)));
  }

  /// Steps done.
  public int steps() {
    return steps;
  }

  /// Sets the count of a checkpoint.
  public void restoreSteps(int done) {
    steps = done;
  }

  /// Parameters and moments, in the order given to the constructor.
  public List<State> states() {
    return List.copyOf(states);
  }

  @Override
  public void close() {
    states.forEach(State::close);
  }
}
