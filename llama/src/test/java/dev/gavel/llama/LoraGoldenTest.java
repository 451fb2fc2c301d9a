package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.hub.AdapterConfig;
import dev.gavel.llama.hub.Architecture;
import dev.gavel.llama.hub.LoraConfig;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Adapters that PEFT made: logits with and without them, log-probabilities, gradients, and the
/// files that go out again (tolerances: golden/README).
class LoraGoldenTest {
  private static final List<String> NAMES = List.of("a_default", "b_all", "c_score", "a_score");

  @TempDir Path temp;

  /// One adapter with what PEFT computed in float64.
  private record Case(Path root, String name) {
    Path folder() {
      return root.resolve("lora").resolve(name);
    }

    JsonNode row() throws IOException {
      return Json.read(root.resolve("lora/lora.json")).get(name);
    }

    boolean scores() throws IOException {
      return row().get("task").asString().equals("SEQ_CLS");
    }

    List<int[]> sequences() throws IOException {
      List<int[]> all = new ArrayList<>();
      for (JsonNode s : row().get("sequences")) {
        all.add(Json.mapper().treeToValue(s, int[].class));
      }
      return all;
    }

    SafetensorsFile expected() throws IOException {
      return SafetensorsFile.open(root.resolve("lora").resolve(name + ".safetensors"));
    }
  }

  static Stream<Arguments> cases() {
    List<Arguments> cases = new ArrayList<>();
    for (Path root : Golden.roots("lora/lora.json")) {
      for (String name : NAMES) {
        for (DType type : List.of(DType.F64, DType.F32)) {
          cases.add(Arguments.of(name, type, root));
        }
      }
    }
    return cases.stream();
  }

  private static Llama adapted(ModelFolder folder, Device device) throws IOException {
    FolderWeights weights = new FolderWeights(folder);
    LoraConfig lora = folder.adapter().orElseThrow().lora();
    return Llama.adapted(folder.config(), device, weights, lora, weights, 2);
  }

  // ---------------------------------------------------------------- what comes out

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void atRestAndOverAFrozenBase(String name, DType type, Path root) throws IOException {
    Case c = new Case(root, name);
    try (Device device = Devices.open("cpu", type, 2);
        ModelFolder folder = ModelFolder.open(c.folder());
        Llama atRest = Llama.atRest(folder, device, 2);
        Llama frozen = adapted(folder, device)) {
      assertThat(atRest.parameters()).isEmpty();
      outputs(c, atRest, type);
      outputs(c, frozen, type);
    }
  }

  private static void outputs(Case c, Llama model, DType type) throws IOException {
    try (SafetensorsFile expected = c.expected();
        Scope _ = Scope.open()) {
      close("logits", lastLogits(model, c.sequences()), expected, "logits", type);
      if (expected.has("base_logits")) {
        double[] base = model.withoutAdapter(() -> lastLogits(model, sequences(c)));
        close("logits of the base", base, expected, "base_logits", type);
        close("logits again", lastLogits(model, c.sequences()), expected, "logits", type);
      }
      if (!c.scores()) {
        Batch batch = Batch.of(c.sequences());
        Tensor hidden = batch.hidden(model).gather(model.device().ofInts(batch.rows));
        double[] found =
            model.logProbs(hidden, model.device().ofInts(batch.targets)).values().toDoubles();
        close("log-probabilities", found, expected, "logps", type);
      }
    }
  }

  private static List<int[]> sequences(Case c) {
    try {
      return c.sequences();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// Whole sequences end to end, and the tokens that are predicted.
  private record Batch(int[] ids, Ragged sequences, int[] rows, int[] targets) {
    static Batch of(List<int[]> sequences) {
      Ragged batch = Ragged.of(sequences);
      int[] ids = sequences.stream().flatMapToInt(Arrays::stream).toArray();
      List<Integer> rows = new ArrayList<>();
      for (int s = 0; s < batch.sequences(); s++) {
        for (int t = batch.offset(s); t < batch.offset(s + 1) - 1; t++) {
          rows.add(t);
        }
      }
      int[] at = rows.stream().mapToInt(Integer::intValue).toArray();
      return new Batch(ids, batch, at, Arrays.stream(at).map(t -> ids[t + 1]).toArray());
    }

    Tensor hidden(Llama model) {
      return model.hidden(model.device().ofInts(ids), sequences);
    }

    Tensor lastLogits(Llama model) {
      return model.logits(hidden(model).gather(model.device().ofInts(sequences.lastTokens())));
    }
  }

  private static double[] lastLogits(Llama model, List<int[]> sequences) {
    return Batch.of(sequences).lastLogits(model).toDoubles();
  }

  private static void close(
      String what, double[] found, SafetensorsFile file, String name, DType type)
      throws IOException {
    double[] want = GoldenFolders.doubles(file, name);
    assertThat(found).as(what).hasSameSizeAs(want);
    for (int i = 0; i < want.length; i++) {
      assertThat(Math.abs(found[i] - want[i]) / (1 + Math.abs(want[i])))
          .as("%s, element %d: %s, expected %s", what, i, found[i], want[i])
          .isLessThanOrEqualTo(type == DType.F64 ? 1e-9 : 1e-4);
    }
  }

  // ---------------------------------------------------------------- gradients

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void gradients(String name, DType type, Path root) throws IOException {
    Case c = new Case(root, name);
    try (Device device = Devices.open("cpu", type, 2);
        ModelFolder folder = ModelFolder.open(c.folder());
        Llama model = adapted(folder, device);
        SafetensorsFile expected = c.expected()) {
      double loss = backward(c, model);
      assertThat(Math.abs(loss - c.row().get("loss").asDouble()))
          .isLessThanOrEqualTo(type == DType.F64 ? 1e-9 : 1e-4);
      List<String> trained = model.parameters().stream().map(Tensor::name).toList();
      assertThat(trained.stream().map(n -> "grad." + n).sorted().toList())
          .isEqualTo(
              expected.tensors().stream()
                  .map(t -> t.name())
                  .filter(n -> n.startsWith("grad."))
                  .sorted()
                  .toList());
      List<double[]> first = gradientsOf(model);
      for (int i = 0; i < first.size(); i++) {
        double[] want = GoldenFolders.doubles(expected, "grad." + trained.get(i));
        assertThat(distance(first.get(i), want))
            .as(trained.get(i))
            .isLessThanOrEqualTo(type == DType.F64 ? 1e-8 : 2e-4);
      }
      model.gradientCheckpointing(true);
      backward(c, model);
      List<double[]> again = gradientsOf(model);
      for (int i = 0; i < first.size(); i++) {
        assertThat(again.get(i)).as("checkpointing: " + trained.get(i)).isEqualTo(first.get(i));
      }
    }
  }

  private static List<double[]> gradientsOf(Llama model) {
    List<double[]> all = new ArrayList<>();
    for (Tensor p : model.parameters()) {
      all.add(Objects.requireNonNull(p.grad(), p.name()).toDoubles());
      p.clearGrad();
    }
    return all;
  }

  private static double backward(Case c, Llama model) throws IOException {
    Device device = model.device();
    Batch batch = Batch.of(c.sequences());
    try (Tape tape = Tape.record()) {
      Tensor loss;
      if (c.scores()) {
        Tensor rewards = batch.lastLogits(model);
        loss = rewards.slice(0, 2).sub(rewards.slice(2, 4)).logSigmoid().mean().neg();
      } else {
        Tensor hidden = batch.hidden(model).gather(device.ofInts(batch.rows));
        loss = model.logProbs(hidden, device.ofInts(batch.targets)).values().mean().neg();
      }
      tape.backward(loss, 1);
      return loss.item();
    }
  }

  private static double distance(double[] found, double[] want) {
    double difference = 0;
    double norm = 0;
    for (int i = 0; i < want.length; i++) {
      difference += (found[i] - want[i]) * (found[i] - want[i]);
      norm += want[i] * want[i];
    }
    return Math.sqrt(difference / norm);
  }

  // ---------------------------------------------------------------- files

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void whatIsWrittenIsWhatPeftWrites(String name, DType type, Path root) throws IOException {
    if (type != DType.F32) {
      return; // PEFT's files hold f32
    }
    Case c = new Case(root, name);
    Path out = temp.resolve("saved");
    String base;
    try (Device device = Devices.open("cpu", type, 2);
        ModelFolder folder = ModelFolder.open(c.folder());
        Llama model = adapted(folder, device)) {
      base = folder.adapter().orElseThrow().base().orElseThrow();
      LlamaFiles.saveAdapter(model, out, base, SafetensorsDType.F32, Optional.empty());
    }
    assertThat(out.resolve("adapter_model.safetensors"))
        .hasSameBinaryContentAs(c.folder().resolve("adapter_model.safetensors"));
    ObjectNode theirs = (ObjectNode) Json.read(c.folder().resolve(AdapterConfig.FILE));
    ObjectNode ours = (ObjectNode) Json.read(out.resolve(AdapterConfig.FILE));
    assertThat(ours.propertyNames()).doesNotContain("peft_version"); // it was not PEFT
    theirs.remove("peft_version");
    assertThat(canonical(ours)).isEqualTo(canonical(theirs));
  }

  /// Sets of names as such; PEFT repeats `score`.
  private static ObjectNode canonical(ObjectNode config) {
    for (String key : List.of("target_modules", "modules_to_save")) {
      if (config.get(key).isArray()) {
        List<String> names = new ArrayList<>();
        config.get(key).forEach(n -> names.add(n.asString()));
        var sorted = config.putArray(key);
        names.stream().distinct().sorted().forEach(sorted::add);
      }
    }
    return config;
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void mergedIsUnmerged(String name, DType type, Path root) throws IOException {
    Case c = new Case(root, name);
    Path out = temp.resolve("merged");
    SafetensorsDType stored = type == DType.F64 ? SafetensorsDType.F64 : SafetensorsDType.F32;
    try (ModelFolder folder = ModelFolder.open(c.folder())) {
      AdapterMerge.merge(folder, out, Optional.of(stored));
    }
    try (Device device = Devices.open("cpu", type, 2);
        ModelFolder merged = ModelFolder.open(out);
        Llama model = Llama.atRest(merged, device, 2);
        Scope _ = Scope.open();
        SafetensorsFile expected = c.expected()) {
      assertThat(merged.adapter()).isEmpty();
      assertThat(merged.config().tieWordEmbeddings()).isFalse();
      close("logits", lastLogits(model, c.sequences()), expected, "logits", type);
    }
  }

  @Test
  void aMergedModelKeepsTheBasesTypesAndTokenizer() throws IOException {
    for (Path root : Golden.roots("lora/lora.json")) {
      Path out = temp.resolve("merged" + root.getNameCount());
      try (ModelFolder folder = ModelFolder.open(root.resolve("lora/b_all"))) {
        AdapterMerge.merge(folder, out, Optional.empty());
      }
      try (ModelFolder merged = ModelFolder.open(out)) {
        assertThat(merged.config().dtype()).isEqualTo(SafetensorsDType.BF16);
        assertThat(merged.files().getFirst().tensors())
            .allMatch(t -> t.dtype() == SafetensorsDType.BF16);
        assertThat(merged.config().architecture()).isEqualTo(Architecture.CAUSAL_LM);
        assertThat(merged.generationConfig()).isPresent();
      }
      assertThat(out.resolve("tokenizer.json"))
          .hasSameBinaryContentAs(root.resolve("ckpt_b/tokenizer.json"));
      assertThat(Files.exists(out.resolve(AdapterConfig.FILE))).isFalse();
    }
  }
}
