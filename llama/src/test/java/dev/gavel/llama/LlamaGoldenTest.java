package dev.gavel.llama;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Ragged;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// Hidden states, logits, log-probabilities, rewards and gradients against transformers
/// (tolerances: golden/README).
class LlamaGoldenTest {
  static Stream<Arguments> forwardCases() {
    List<Arguments> cases = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      for (Path root : Golden.roots("forward/" + name + ".json")) {
        for (DType type : List.of(DType.F64, DType.F32)) {
          for (boolean trainable : new boolean[] {true, false}) {
            cases.add(Arguments.of(name, root, type, trainable));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {2} trainable={3} {1}")
  @MethodSource("forwardCases")
  void forward(String name, Path root, DType type, boolean trainable) throws IOException {
    Path json = root.resolve("forward/" + name + ".json");
    List<int[]> sequences = sequences(Json.read(json).get("sequences"));
    try (Device device = Devices.open("cpu", type, 2);
        Llama model = GoldenFolders.load(root.resolve("ckpt_" + name), device, trainable);
        SafetensorsFile expected =
            SafetensorsFile.open(root.resolve("forward/" + name + ".safetensors"));
        Scope scope = Scope.open()) {
      assertThat(device.name()).startsWith(type == DType.F64 ? "reference" : "vector");
      Ragged batch = Ragged.of(sequences);
      Tensor ids = device.ofInts(sequences.stream().flatMapToInt(Arrays::stream).toArray());
      Tensor hidden = model.hidden(ids, batch);
      if (name.equals("c")) {
        Tensor last = hidden.gather(device.ofInts(batch.lastTokens()));
        close("rewards", model.logits(last).toDoubles(), expected, "reward_f64", scaled(type));
      } else {
        logits(model, hidden, batch, json, expected, type);
        logProbs(model, hidden, sequences, batch, expected, type);
      }
      hiddenStates(model, json, sequences, expected, type);
    }
  }

  private static double scaled(DType type) {
    return type == DType.F64 ? 1e-9 : 1e-4;
  }

  private static void logits(
      Llama model, Tensor hidden, Ragged batch, Path json, SafetensorsFile expected, DType type)
      throws IOException {
    JsonNode positions = Json.read(json).get("logits_f64_positions");
    int v = model.config().vocabSize();
    for (int s = 0; s < batch.sequences(); s++) {
      double[] all = model.logits(hidden.rows(batch.offset(s), batch.offset(s + 1))).toDoubles();
      double[] want = GoldenFolders.doubles(expected, "seq" + s + ".logits_f64");
      for (int i = 0; i < positions.get(s).size(); i++) {
        int p = positions.get(s).get(i).asInt();
        for (int j = 0; j < v; j++) {
          double x = all[p * v + j];
          double y = want[i * v + j];
          double allowed = type == DType.F64 ? 1e-9 * (1 + Math.abs(y)) : 3e-4;
          assertThat(Math.abs(x - y))
              .as("sequence %d position %d id %d", s, p, j)
              .isLessThanOrEqualTo(allowed);
        }
      }
    }
  }

  private static void logProbs(
      Llama model,
      Tensor hidden,
      List<int[]> sequences,
      Ragged batch,
      SafetensorsFile expected,
      DType type)
      throws IOException {
    for (int s = 0; s < batch.sequences(); s++) {
      int[] ids = sequences.get(s);
      if (ids.length > 1) {
        Tensor rows = hidden.rows(batch.offset(s), batch.offset(s + 1) - 1);
        Tensor targets = model.device().ofInts(Arrays.copyOfRange(ids, 1, ids.length));
        double[] found = model.logProbs(rows, targets).values().toDoubles();
        close("log-probs", found, expected, "seq" + s + ".target_logps_f64", scaled(type));
      }
    }
  }

  private static void hiddenStates(
      Llama model, Path json, List<int[]> sequences, SafetensorsFile expected, DType type)
      throws IOException {
    int[] ids = sequences.get(Json.read(json).get("hidden_states_sequence").asInt());
    List<Tensor> states =
        model.hiddenStates(model.device().ofInts(ids), Ragged.ofLengths(ids.length));
    double[] want = GoldenFolders.doubles(expected, "hidden_f64");
    int each = want.length / states.size();
    for (int i = 0; i < states.size(); i++) {
      close(
          "hidden state " + i,
          states.get(i).toDoubles(),
          Arrays.copyOfRange(want, i * each, (i + 1) * each),
          scaled(type));
    }
  }

  private static void close(
      String what, double[] found, SafetensorsFile file, String name, double tolerance)
      throws IOException {
    close(what, found, GoldenFolders.doubles(file, name), tolerance);
  }

  private static void close(String what, double[] found, double[] want, double tolerance) {
    assertThat(found).as(what).hasSameSizeAs(want);
    for (int i = 0; i < want.length; i++) {
      assertThat(Math.abs(found[i] - want[i]) / (1 + Math.abs(want[i])))
          .as("%s, element %d: %s, expected %s", what, i, found[i], want[i])
          .isLessThanOrEqualTo(tolerance);
    }
  }

  private static List<int[]> sequences(JsonNode node) {
    List<int[]> sequences = new ArrayList<>();
    for (JsonNode s : node) {
      int[] ids = new int[s.size()];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = s.get(i).asInt();
      }
      sequences.add(ids);
    }
    return sequences;
  }

  static Stream<Arguments> gradientCases() {
    List<Arguments> cases = new ArrayList<>();
    for (Path root : Golden.roots("gradients/gradients.json")) {
      for (String name : List.of("a", "b")) {
        for (DType type : List.of(DType.F64, DType.F32)) {
          for (boolean checkpointing : new boolean[] {false, true}) {
            cases.add(Arguments.of(name, root, type, checkpointing));
          }
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0} {2} checkpointing={3} {1}")
  @MethodSource("gradientCases")
  void gradients(String name, Path root, DType type, boolean checkpointing) throws IOException {
    JsonNode row = Json.read(root.resolve("gradients/gradients.json")).get(name);
    List<int[]> sequences = sequences(row.get("sequences"));
    try (Device device = Devices.open("cpu", type, 2);
        Llama model = GoldenFolders.load(root.resolve("ckpt_" + name), device, true);
        SafetensorsFile expected =
            SafetensorsFile.open(root.resolve("gradients/" + name + ".safetensors"))) {
      model.gradientCheckpointing(checkpointing);
      double loss = backward(model, sequences);
      assertThat(loss)
          .isCloseTo(
              row.get("loss").asDouble(),
              org.assertj.core.data.Offset.offset(type == DType.F64 ? 1e-9 : 1e-4));
      for (Tensor p : model.parameters()) {
        double[] want = GoldenFolders.doubles(expected, p.name());
        double[] found = Objects.requireNonNull(p.grad()).toDoubles();
        assertThat(distance(found, want))
            .as(p.name())
            .isLessThanOrEqualTo(type == DType.F64 ? 1e-8 : 2e-4);
      }
    }
  }

  /// Mean of -log p over all predicted tokens.
  private static double backward(Llama model, List<int[]> sequences) {
    Device device = model.device();
    Ragged batch = Ragged.of(sequences);
    int[] all = sequences.stream().flatMapToInt(Arrays::stream).toArray();
    List<Integer> rows = new ArrayList<>();
    for (int s = 0; s < batch.sequences(); s++) {
      for (int t = batch.offset(s); t < batch.offset(s + 1) - 1; t++) {
        rows.add(t);
      }
    }
    int[] at = rows.stream().mapToInt(Integer::intValue).toArray();
    int[] targets = rows.stream().mapToInt(t -> all[t + 1]).toArray();
    try (Tape tape = Tape.record()) {
      Tensor hidden = model.hidden(device.ofInts(all), batch).gather(device.ofInts(at));
      Tensor loss = model.logProbs(hidden, device.ofInts(targets)).values().mean().neg();
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
}
