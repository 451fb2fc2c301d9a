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

  /// A parameter with its moments and, where it is bf16, the f32 weights that are really stepped:
  /// steps far smaller than the parameter would be lost in its 8 bits.
  public static final class State implements AutoCloseable {
    public final Tensor parameter;
    public final Tensor mean;
    public final Tensor square;

    /// What is stepped: the parameter itself unless it is bf16.
    public final Tensor master;

    State(Tensor parameter) {
      this.parameter = parameter;
      Device device = parameter.device();
      DType type = parameter.dtype().statistics();
      mean = device.zeros(type, parameter.shape());
      square = device.zeros(type, parameter.shape());
      master = parameter.dtype() == type ? parameter : parameter.to(type);
    }

    /// Whether the parameter is a rounded copy.
    public boolean isRounded() {
      return master != parameter;
    }

    /// Rounds the master to the parameter, after a change from outside.
    public void round() {
      if (isRounded()) {
        parameter.device().backend().copy(master, parameter);
      }
    }

    @Override
    public void close() {
      mean.close();
      square.close();
      if (isRounded()) {
        master.close();
      }
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
    List<Tensor> gradients = new ArrayList<>();
    for (State s : states) {
      Tensor g = s.parameter.grad();
      if (g != null) {
        gradients.add(g);
      }
    }
    return gradients.isEmpty()
        ? 0
        : Math.sqrt(gradients.getFirst().device().backend().sumOfSquares(gradients));
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
            s.master,
            g,
            s.mean,
            s.square,
            s.isRounded() ? s.parameter : null,
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
