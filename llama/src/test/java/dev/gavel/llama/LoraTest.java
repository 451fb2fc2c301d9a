package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What a new adapter is, what dropout repeats, and what a frozen base costs.
class LoraTest {
  private static final Path ROOT = Golden.roots("lora/lora.json").getFirst();
  private static final int[] IDS = {9, 8, 7, 1, 2, 3, 200, 100, 50, 25};

  private static LoraConfig config(double dropout, String... targets) {
    return new LoraConfig(4, 8, dropout, List.of(targets), List.of(), false);
  }

  private static Llama fresh(String base, Device device, LoraConfig lora, long seed)
      throws IOException {
    try (ModelFolder folder = ModelFolder.open(ROOT.resolve(base))) {
      FolderWeights weights = new FolderWeights(folder);
      return Llama.adapted(folder.config(), device, weights, lora, new LoraInit(weights, seed), 2);
    }
  }

  private static Llama frozen(String base, Device device) throws IOException {
    try (ModelFolder folder = ModelFolder.open(ROOT.resolve(base))) {
      return Llama.frozen(folder.config(), device, new FolderWeights(folder), 2);
    }
  }

  private static double[] logits(Llama model) {
    try (Scope _ = Scope.open()) {
      Tensor hidden = model.hidden(model.device().ofInts(IDS), Ragged.ofLengths(4, 6));
      return model.logits(hidden).toDoubles();
    }
  }

  /// The loss, then the gradient of each parameter.
  private static List<double[]> backward(Llama model) {
    List<double[]> all = new ArrayList<>();
    Device device = model.device();
    try (Tape tape = Tape.record()) {
      Tensor hidden = model.hidden(device.ofInts(IDS), Ragged.ofLengths(4, 6));
      Tensor loss = model.logProbs(hidden, device.ofInts(IDS)).values().mean();
      tape.backward(loss, 1);
      all.add(loss.toDoubles());
    }
    for (Tensor p : model.parameters()) {
      all.add(Objects.requireNonNull(p.grad(), p.name()).toDoubles());
      p.clearGrad();
    }
    return all;
  }

  private static void assertSame(List<double[]> found, List<double[]> expected) {
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < found.size(); i++) {
      assertThat(found.get(i)).isEqualTo(expected.get(i));
    }
  }

  @Test
  void aNewAdapterChangesNothingYet() throws IOException {
    LoraConfig all = config(0, LoraConfig.ALL_LINEAR);
    try (Device device = Devices.open("cpu", DType.F32, 2);
        Llama base = frozen("ckpt_a", device);
        Llama model = fresh("ckpt_a", device, all, 7);
        Llama again = fresh("ckpt_a", device, all, 7);
        Llama other = fresh("ckpt_a", device, all, 8)) {
      assertThat(logits(model)).isEqualTo(logits(base));
      assertThat(model.parameters()).hasSize(2 * 7 * 2);
      for (int i = 0; i < model.parameters().size(); i++) {
        Tensor p = model.parameters().get(i);
        double[] values = p.toDoubles();
        if (p.name().endsWith("lora_B.weight")) {
          assertThat(values).containsOnly(0);
          continue;
        }
        double bound = 1 / Math.sqrt(p.shape().dim(1)); // Kaiming: sqrt(6 / ((1 + 5) inputs))
        double square = Arrays.stream(values).map(v -> v * v).average().orElseThrow();
        assertThat(Arrays.stream(values)).allMatch(v -> Math.abs(v) <= bound);
        // 128 values or more of a uniform distribution: a relative deviation of 0.08 at most
        assertThat(square / (bound * bound / 3)).isBetween(0.6, 1.4);
        assertThat(again.parameters().get(i).toDoubles()).isEqualTo(values);
        assertThat(other.parameters().get(i).toDoubles()).isNotEqualTo(values);
      }
      assertThat(model.parameters().get(0).toDoubles())
          .isNotEqualTo(model.parameters().get(2).toDoubles());
    }
  }

  @Test
  void withoutItsAdapterAModelHasTheBitsOfItsBase() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 2);
        Llama base = frozen("ckpt_a", device);
        ModelFolder folder = ModelFolder.open(ROOT.resolve("lora/a_default"));
        Llama model = Llama.atRest(folder, device, 2)) {
      double[] with = logits(model);
      double[] without = model.withoutAdapter(() -> logits(model));
      assertThat(without).isEqualTo(logits(base)).isNotEqualTo(with);
      assertThatThrownBy(() -> model.withoutAdapter(() -> Integer.parseInt("x")))
          .isInstanceOf(NumberFormatException.class);
      assertThat(logits(model)).isEqualTo(with);
      assertThatThrownBy(() -> base.withoutAdapter(() -> 0)).hasMessageContaining("no adapter");
    }
  }

  @Test
  void dropoutIsAFunctionOfSeedStepAndMicroBatch() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 2);
        Llama model = fresh("ckpt_a", device, config(0.3, LoraConfig.ALL_LINEAR), 7)) {
      for (Tensor p : model.parameters()) {
        if (p.name().endsWith("lora_B.weight")) {
          device.backend().fill(p, 0.05);
        }
      }
      double[] plain = logits(model);
      List<double[]> undropped = backward(model);
      model.dropout(1, 2, 3);
      assertThat(logits(model)).as("no tape records").isEqualTo(plain);
      List<double[]> first = backward(model);
      assertThat(first.getFirst()).isNotEqualTo(undropped.getFirst());
      assertSame(backward(model), first);
      model.gradientCheckpointing(true);
      assertSame(backward(model), first);
      for (long[] key : new long[][] {{9, 2, 3}, {1, 9, 3}, {1, 2, 9}}) {
        model.dropout(key[0], key[1], (int) key[2]);
        assertThat(backward(model).getFirst()).isNotEqualTo(first.getFirst());
      }
      model.dropout(1, 2, 3);
      assertSame(backward(model), first);
    }
  }

  /// Checkpointing runs a block again after the switch was turned back.
  @Test
  void aCheckpointedRunWithoutTheAdapterIsRepeatedWithoutIt() throws IOException {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Llama model = fresh("ckpt_a", device, config(0, "v_proj"), 7)) {
      model.gradientCheckpointing(true);
      try (Tape tape = Tape.record()) {
        Tensor hidden =
            model.withoutAdapter(() -> model.hidden(device.ofInts(IDS), Ragged.ofLengths(10)));
        tape.backward(hidden.sum(), 1);
      }
      assertThat(model.parameters()).allMatch(p -> p.grad() == null);
    }
  }

  @Test
  void aFrozenBf16BaseHasTheBitsOfAnF32CopyAndHalfItsSize() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 2)) {
      long before = device.backend().memory().current();
      try (Llama narrow = frozen("ckpt_b", device)) {
        long frozen = device.backend().memory().current() - before;
        assertThat(narrow.parameters()).isEmpty();
        try (Llama wide = GoldenFolders.load(ROOT.resolve("ckpt_b"), device, true)) {
          long trained = device.backend().memory().current() - before - frozen;
          assertThat(logits(narrow)).isEqualTo(logits(wide));
          assertThat(frozen).isLessThan((long) (0.55 * trained));
        }
      }
    }
    LoraConfig lora = config(0, "q_proj", "down_proj");
    try (Device device = Devices.open("cpu", DType.F32, 2);
        Llama narrow = fresh("ckpt_b", device, lora, 3);
        ModelFolder folder = ModelFolder.open(ROOT.resolve("ckpt_b"));
        Llama wide = widened(folder, device, lora)) {
      assertSame(backward(narrow), backward(wide));
    }
  }

  /// The same model from a source that says f32.
  private static Llama widened(ModelFolder folder, Device device, LoraConfig lora)
      throws IOException {
    FolderWeights stored = new FolderWeights(folder);
    WeightSource wide =
        new WeightSource() {
          @Override
          public DType type(String name) {
            return DType.F32;
          }

          @Override
          public void read(String name, long rows, long columns, Rows to) throws IOException {
            stored.read(
                name,
                rows,
                columns,
                (piece, first, count) -> {
                  float[] values = new float[(int) (count * columns)];
                  for (int i = 0; i < values.length; i++) {
                    short bits = piece.get(java.lang.foreign.ValueLayout.JAVA_SHORT, 2L * i);
                    values[i] = Float.intBitsToFloat(bits << 16);
                  }
                  try (var arena = java.lang.foreign.Arena.ofShared()) {
                    to.accept(
                        arena.allocateFrom(java.lang.foreign.ValueLayout.JAVA_FLOAT, values),
                        first,
                        count);
                  }
                });
          }
        };
    return Llama.adapted(folder.config(), device, wide, lora, new LoraInit(wide, 3), 2);
  }

  @Test
  void whatCannotBeAdaptedIsNamed() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 1);
        ModelFolder folder = ModelFolder.open(ROOT.resolve("ckpt_a"))) {
      FolderWeights w = new FolderWeights(folder);
      refused(device, w, folder, config(0, "q_proj", "k_prj"), "'k_prj' is no linear layer");
      refused(device, w, folder, config(0, "lm_head"), "name it in modules_to_save");
      LoraConfig score = new LoraConfig(4, 8, 0, List.of(), List.of("score"), false);
      refused(device, w, folder, score, "LlamaForCausalLM has no 'score'");
    }
    assertThatThrownBy(() -> new LoraConfig(0, 8, 0, List.of(), List.of(), false))
        .hasMessage("r is 0, expected more than 0");
    assertThatThrownBy(() -> new LoraConfig(4, 8, 1, List.of(), List.of(), false))
        .hasMessageContaining("lora_dropout is 1.0");
    assertThatThrownBy(() -> new LoraConfig(4, 8, 0, List.of(), List.of("norm"), false))
        .hasMessageContaining("modules_to_save names 'norm'");
  }

  private static void refused(
      Device device, WeightSource source, ModelFolder folder, LoraConfig lora, String message) {
    assertThatThrownBy(
            () -> Llama.adapted(folder.config(), device, source, lora, new LoraInit(source, 1), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void anAdapterIsNeverLeftOutBySilence() throws IOException {
    try (Device device = Devices.open("cpu", DType.F32, 1);
        ModelFolder folder = ModelFolder.open(ROOT.resolve("lora/a_default"))) {
      FolderWeights w = new FolderWeights(folder);
      assertThatThrownBy(() -> Llama.trainable(folder.config(), device, w, 1))
          .hasMessageContaining("lora/a_default: is an adapter folder");
      assertThatThrownBy(() -> Llama.atRest(folder.config(), device, w, 1))
          .hasMessageContaining("gavel merge");
    }
  }
}
