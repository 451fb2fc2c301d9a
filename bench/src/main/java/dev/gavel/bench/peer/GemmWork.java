package dev.gavel.bench.peer;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// f32 matrix product m x n x k; NT: b is stored [n, k]; TN: a is stored [k, m].
record GemmWork(Held held) implements Worker.Work {
  /// Processor seconds in which a product that is new to this process gets compiled.
  private static final double WARM_UP = 0.5;

  private record Shapes(int m, int n, int k, boolean transA, boolean transB) {}

  /// Two factors and room for their product.
  private record Operands(Device device, Shapes s, List<Tensor> tensors) implements AutoCloseable {
    static Operands of(Device device, Shapes s) {
      Shape a = s.transA ? Shape.of(s.k, s.m) : Shape.of(s.m, s.k);
      Shape b = s.transB ? Shape.of(s.n, s.k) : Shape.of(s.k, s.n);
      return new Operands(
          device,
          s,
          List.of(
              device.of(noise((int) a.size(), 1), a),
              device.of(noise((int) b.size(), 2), b),
              device.empty(DType.F32, Shape.of(s.m, s.n))));
    }

    /// The same values as in `openblas_peer.c`.
    private static float[] noise(int count, int seed) {
      float[] values = new float[count];
      int x = seed;
      for (int i = 0; i < count; i++) {
        x = x * 1664525 + 1013904223;
        values[i] = (x >>> 8) * 0x1p-24f - 0.5f;
      }
      return values;
    }

    void multiply() {
      device
          .backend()
          .matmul(tensors.get(0), s.transA, tensors.get(1), s.transB, tensors.get(2), false);
    }

    /// Sum of the squares of the product.
    double check() {
      return device.backend().sumOfSquares(tensors.get(2));
    }

    @Override
    public void close() {
      tensors.forEach(Tensor::close);
    }
  }

  @Override
  public void run(Ask ask, ObjectNode answer) throws IOException {
    String layout = ask.text("layout", "NN");
    if (!List.of("NN", "NT", "TN").contains(layout)) {
      throw new IllegalArgumentException("layout is " + layout + "; known: NN, NT, TN");
    }
    Shapes s =
        new Shapes(
            ask.integer("m", 1024),
            ask.integer("n", 1024),
            ask.integer("k", 1024),
            layout.charAt(0) == 'T',
            layout.charAt(1) == 'T');
    boolean fresh = held.fresh(ask.threads(), s);
    Operands operands =
        held.state(ask.threads(), Operands.class, s, device -> Operands.of(device, s));
    if (fresh) {
      Calls.warm(operands::multiply, WARM_UP);
    }
    Calls.of(operands::multiply, ask.seconds(1), ask.least())
        .rates(2e-9 * s.m * s.n * s.k, "gflop_per", answer);
    answer.put("check", operands.check());
  }
}
