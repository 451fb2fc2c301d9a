package dev.gavel.bench.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.cuda.driver.CudaContext;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The benches of kernels run: on the emulator, in small sizes, under its checks. It measures
/// nothing.
class KernelBenchesTest {
  private static @Nullable CudaContext context;

  @TestFactory
  Stream<DynamicTest> everyWork() {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    CudaContext opened = CudaContext.open(0);
    context = opened;
    return KernelBenches.all().stream()
        .flatMap(b ->
            b.works().stream()
                .map(w -> DynamicTest.dynamicTest(b.name() + " " + w, () -> run(opened, b, w))));
  }

  private static void run(CudaContext context, KernelBench bench, String work) {
    try (DeviceData data = new DeviceData(context)) {
      KernelWork made = bench.make(work, data);
      assertThat(made.bytes() + made.flops()).isPositive();
      made.launch().run();
      made.launch().run(); // as often as one likes
      context.stream().synchronize();
    }
  }

  @AfterAll
  static void close() {
    if (context != null) {
      context.close();
    }
  }
}
