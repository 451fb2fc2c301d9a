package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.LaunchObserver;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Rng;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.spi.BinaryOp;
import dev.gavel.tensor.spi.PackedMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Products with weights at rest and what follows them: in one launch where rows are few, with the
/// bits of launches one by one.
class CudaLinearTest extends EmulatorTest {
  private static final int C = 72;

  private final List<String> launches = new ArrayList<>();

  private Device device(DType type) {
    CudaContext own = CudaContext.open(0);
    own.observe(
        new LaunchObserver() {
          @Override
          public void before(String what) {
            launches.add(what);
          }

          @Override
          public void after(String what) {}
        });
    return Device.over(new CudaBackend(own, false), type);
  }

  private static float[] noise(int stream, int count) {
    float[] v = new float[count];
    for (int i = 0; i < count; i++) {
      v[i] = (float) Rng.uniform(5, stream, i) - 0.5f;
    }
    return v;
  }

  private static PackedMatrix weights(Device device, int stream, int rows, int columns) {
    PackedMatrix w = device.backend().pack(DType.F32, device.arithmetic(), rows, columns);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values =
          arena.allocateFrom(ValueLayout.JAVA_FLOAT, noise(stream, rows * columns));
      w.put(values, 0, rows);
    }
    return w;
  }

  private static Tensor tensor(Device device, int stream, int rows, int columns) {
    Tensor y = device.empty(device.arithmetic(), Shape.of(rows, columns));
    device.backend().copy(device.of(noise(stream, rows * columns), y.shape()), y);
    return y;
  }

  private static Tensor room(Device device, int rows, int columns) {
    return device.full(device.arithmetic(), Shape.of(rows, columns), Double.NaN);
  }

  /// 33 rows are many; 31 weights to a row are no multiple of what a load takes.
  @ParameterizedTest
  @CsvSource({
    "BF16, 1, 72, 1", "BF16, 8, 72, 1", "BF16, 32, 72, 1",
    "BF16, 33, 72, 0", "BF16, 3, 31, 0", "F32, 5, 72, 0"
  })
  void oneLaunchHasTheBitsOfSeveral(DType type, int rows, int columns, int fused) {
    try (Device device = device(type);
        Scope _ = Scope.open();
        PackedMatrix a = weights(device, 1, 40, columns);
        PackedMatrix b = weights(device, 2, 24, columns);
        PackedMatrix c = weights(device, 3, 40, columns)) {
      Tensor x = tensor(device, 4, rows, columns);
      Tensor residual = tensor(device, 5, rows, 40);
      List<Tensor> one = new ArrayList<>();
      for (PackedMatrix w : List.of(a, b, c)) {
        one.add(room(device, rows, (int) w.rows()));
        device.backend().linear(x, w, one.getLast());
      }
      Tensor sum = room(device, rows, 40);
      device.backend().binary(BinaryOp.ADD, one.get(0), residual, sum);
      Tensor gated = room(device, rows, 40);
      device.backend().swiGlu(one.get(0), one.get(2), gated);

      List<Tensor> all =
          List.of(room(device, rows, 40), room(device, rows, 24), room(device, rows, 40));
      assertThat(count(() -> device.backend().linear(x, List.of(a, b, c), all)))
          .isEqualTo(fused == 1 ? 1 : 3);
      for (int i = 0; i < all.size(); i++) {
        assertThat(all.get(i).toFloats()).isEqualTo(one.get(i).toFloats());
      }
      Tensor y = room(device, rows, 40);
      assertThat(count(() -> device.backend().linearAdd(x, a, residual, y)))
          .isEqualTo(fused == 1 ? 1 : 2);
      assertThat(y.toFloats()).isEqualTo(sum.toFloats());
      Tensor z = room(device, rows, 40);
      assertThat(count(() -> device.backend().linearSwiGlu(x, a, c, z)))
          .isEqualTo(fused == 1 ? 1 : 3);
      assertThat(z.toFloats()).isEqualTo(gated.toFloats());
    }
  }

  private int count(Runnable work) {
    launches.clear();
    work.run();
    return launches.size();
  }

  /// So that what a sequence says does not depend on the others of its batch.
  @ParameterizedTest
  @CsvSource({"BF16", "F32"})
  void aRowHasTheSameBitsInBatchesOfFew(DType out) {
    try (Device device = device(DType.BF16);
        Scope _ = Scope.open();
        PackedMatrix w = weights(device, 1, 50, C)) {
      Tensor x = tensor(device, 2, 32, C);
      Tensor batch = device.empty(out, Shape.of(32, 50));
      device.backend().linear(x, w, batch);
      for (int m : new int[] {1, 7, 8, 9, 20}) {
        Tensor alone = device.empty(out, Shape.of(m, 50));
        device.backend().linear(x.rows(5, 5 + m), w, alone);
        assertThat(alone.toFloats())
            .isEqualTo(Arrays.copyOfRange(batch.toFloats(), 5 * 50, (5 + m) * 50));
      }
    }
  }
}
