package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaFailure;
import dev.gavel.cuda.driver.LaunchObserver;
import dev.gavel.cuda.driver.StepCounts;
import dev.gavel.llama.Llama;
import dev.gavel.llama.check.CheckModel;
import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tensor;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Steps that go as CUDA graphs: the same bits as launch by launch, whatever comes between.
class CudaStepTest extends EmulatorTest {
  private static final String GRAPHS = "gavel.cuda.graphs";

  /// A device of its own, with graphs or without.
  private static Device open(boolean graphs, DType type) {
    String before = System.getProperty(GRAPHS);
    System.setProperty(GRAPHS, "" + graphs);
    try {
      return Device.over(new CudaBackend(CudaContext.open(0)), type);
    } finally {
      if (before == null) {
        System.clearProperty(GRAPHS);
      } else {
        System.setProperty(GRAPHS, before);
      }
    }
  }

  private static StepCounts counts(Device device) {
    return ((CudaBackend) device.backend()).context().stepCounts();
  }

  // ---------------------------------------------------------------- steps by hand

  /// (x + shift) * 3, for each x.
  private static float[] work(Device device, double shift, int... x) {
    return device
        .backend()
        .step(() -> {
          try (Scope _ = Scope.open()) {
            return device.ofInts(x).to(DType.F32).add(shift).mul(3).toFloats();
          }
        });
  }

  @Test
  void theThirdTimeIsAGraphWithNewNumbers() {
    try (Device device = open(true, DType.F32)) {
      assertThat(work(device, 1, 1, 2)).containsExactly(6, 9);
      assertThat(counts(device)).isEqualTo(new StepCounts(1, 0, 0));
      assertThat(work(device, 1, 3, 4)).containsExactly(12, 15);
      assertThat(counts(device)).isEqualTo(new StepCounts(1, 1, 1));
      assertThat(work(device, 1, 5, -6)).containsExactly(18, -15);
      assertThat(counts(device)).isEqualTo(new StepCounts(1, 1, 2));
    }
  }

  @Test
  void otherShapesAndOtherScalarsAreOtherSteps() {
    try (Device device = open(true, DType.F32)) {
      for (int i = 0; i < 3; i++) {
        assertThat(work(device, 1, i)).containsExactly(3 * i + 3);
        assertThat(work(device, 2, i)).containsExactly(3 * i + 6);
        assertThat(work(device, 1, i, i + 1)).containsExactly(3 * i + 3, 3 * i + 6);
      }
      assertThat(counts(device)).isEqualTo(new StepCounts(3, 3, 6));
    }
  }

  /// What lives on from one step to the next, and what others allocate between, changes addresses
  /// and never results.
  @Test
  void memoryMayChangeHandsBetweenSteps() {
    try (Device device = open(true, DType.F32)) {
      List<Tensor> alive = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        int at = i;
        Tensor kept = device.backend().step(() -> device.ofInts(at, 7).to(DType.F32));
        alive.add(kept);
        assertThat(work(device, 0, i, 1)).containsExactly(3 * i, 3);
        if (i % 3 == 2) {
          alive.removeFirst().close();
        }
      }
      for (Tensor t : alive) {
        assertThat(t.toFloats()[1]).isEqualTo(7);
        t.close();
      }
    }
  }

  @Test
  void uploadsThatDoNotFitTheMemoryOfAStepArrive() {
    int[] many = new int[3 << 18]; // 3 MiB, twice more than there is
    try (Device device = open(true, DType.F32)) {
      for (int i = 0; i < 3; i++) {
        many[many.length - 1] = i;
        float[] sum =
            device
                .backend()
                .step(() -> {
                  try (Scope _ = Scope.open()) {
                    Tensor a = device.ofInts(many).to(DType.F32);
                    Tensor b = device.ofInts(many).to(DType.F32);
                    return a.add(b).toFloats();
                  }
                });
        assertThat(sum[0]).isZero();
        assertThat(sum[many.length - 1]).isEqualTo(2 * i);
      }
    }
  }

  @Test
  void aWatchedStepGoesLaunchByLaunch() {
    List<String> seen = new ArrayList<>();
    LaunchObserver observer =
        new LaunchObserver() {
          @Override
          public void before(String what) {
            seen.add(what);
          }

          @Override
          public void after(String what) {}
        };
    try (Device device = open(true, DType.F32)) {
      ((CudaBackend) device.backend()).context().observe(observer);
      assertThat(work(device, 1, 1)).containsExactly(6);
      assertThat(seen)
          .containsExactly(
              "upload",
              "cast_i32_f32",
              "elementwise_affine_f32",
              "elementwise_affine_f32",
              "download");
      assertThat(counts(device)).isEqualTo(new StepCounts(0, 0, 0));
    }
  }

  @Test
  void withoutGraphsNothingIsPutOff() {
    try (Device device = open(false, DType.F32)) {
      assertThat(work(device, 1, 1)).containsExactly(6);
      assertThat(counts(device)).isEqualTo(new StepCounts(0, 0, 0));
    }
  }

  /// What came before the exception is done, as without graphs, and steps go on.
  @Test
  void aStepThatFailsHasDoneWhatCameBefore() {
    try (Device device = open(true, DType.F32);
        Tensor y = device.zeros(DType.F32, Shape.of(2))) {
      for (int i = 1; i <= 4; i++) {
        int value = i;
        assertThatThrownBy(() ->
                device
                    .backend()
                    .step(() -> {
                      device.backend().fill(y, value);
                      throw new IllegalStateException("halfway");
                    }))
            .hasMessage("halfway")
            .hasNoSuppressedExceptions();
        assertThat(y.toFloats()).containsOnly(value);
        assertThat(work(device, 1, i)).containsExactly(3 * i + 3);
      }
    }
  }

  /// A kernel that the device stops is named, be it sent by itself or in a graph. The row asked for
  /// lies 8 TB behind its table: nearer ones may lie in another allocation, where no one stops it.
  @Test
  void theKernelThatFailsIsNamed() {
    emulatedOnly();
    int outside = Integer.MAX_VALUE;
    try (Device device = open(true, DType.F32);
        Tensor table = device.zeros(DType.F32, Shape.of(4, 1024))) {
      for (int i = 0; i < 4; i++) {
        int id = i == 3 ? outside : i;
        Runnable step =
            () ->
                device
                    .backend()
                    .step(() -> {
                      try (Scope _ = Scope.open()) {
                        return table.gather(device.ofInts(id)).toFloats();
                      }
                    });
        if (i < 3) {
          step.run();
        } else {
          assertThatThrownBy(step::run)
              .isInstanceOf(CudaFailure.class)
              .hasMessageContaining("gather_rows");
        }
      }
      assertThatThrownBy(
              () -> device.backend().step(() -> table.gather(device.ofInts(0, outside)).toFloats()))
          .isInstanceOf(CudaFailure.class)
          .hasMessageContaining("gather_rows");
      assertThat(work(device, 1, 1)).containsExactly(6);
    }
  }

  // ---------------------------------------------------------------- generation

  static java.util.stream.Stream<Arguments> cases() {
    return CheckModel.all().stream()
        .flatMap(m ->
            java.util.stream.Stream.of(Arguments.of(m, DType.F32), Arguments.of(m, DType.BF16)));
  }

  private static Request request(
      CheckModel model, String id, int length, int n, Sampling sampling, int tokens) {
    int[] prompt = new int[length];
    for (int i = 0; i < length; i++) {
      prompt[i] = (i * 31 + 7 * length) % model.config().vocabSize();
    }
    return new Request(id, prompt, n, sampling, Set.of(), List.of(), tokens, 7);
  }

  /// Requests that join and leave, with prompts between steps, and samples that cross the end of a
  /// page.
  private static TreeMap<String, List<Sample>> generate(Device device, CheckModel model, DType type)
      throws IOException {
    TreeMap<String, List<Sample>> done = new TreeMap<>();
    Listener listener =
        new Listener() {
          @Override
          public void finished(Request request, List<Sample> samples) {
            done.put(request.id(), samples);
          }

          @Override
          public void failed(Request request, String reason) {
            throw new AssertionError(request.id() + ": " + reason);
          }
        };
    Tokenizer tokenizer = Tokenizer.load(Golden.find("ckpt_a/config.json").getFirst().getParent());
    try (Llama llama = Llama.atRest(model.config(), device, model.weights(type), 1);
        Generator generator =
            new Generator(llama, tokenizer, new Generator.Limits(8, 40), listener)) {
      generator.submit(request(model, "greedy", 57, 1, Sampling.GREEDY, 20));
      steps(generator, 5);
      generator.submit(request(model, "pair", 5, 2, new Sampling(0.9, 20, 0.95, 0), 6));
      steps(generator, 4);
      generator.submit(request(model, "late", 9, 1, new Sampling(1.3, 0, 1, 0.02), 5));
      generator.run();
    }
    return done;
  }

  private static void steps(Generator generator, int count) {
    for (int i = 0; i < count; i++) {
      generator.step();
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void samplesAreThoseWithoutGraphs(CheckModel model, DType type) throws IOException {
    TreeMap<String, List<Sample>> found;
    TreeMap<String, List<Sample>> wanted;
    try (Device device = open(true, type)) {
      found = generate(device, model, type);
      StepCounts counts = counts(device);
      assertThat(counts.captured()).isPositive();
      assertThat(counts.launched()).isGreaterThan(counts.captured());
      assertThat(((CudaBackend) device.backend()).context().whyNoGraphs()).isNull();
    }
    try (Device device = open(false, type)) {
      wanted = generate(device, model, type);
      assertThat(counts(device)).isEqualTo(new StepCounts(0, 0, 0));
    }
    assertThat(found.keySet()).isEqualTo(wanted.keySet()).hasSize(3);
    for (String id : wanted.keySet()) {
      for (int i = 0; i < wanted.get(id).size(); i++) {
        assertThat(found.get(id).get(i).ids()).isEqualTo(wanted.get(id).get(i).ids());
        assertThat(found.get(id).get(i).logprobs()).isEqualTo(wanted.get(id).get(i).logprobs());
      }
    }
  }
}
