package dev.gavel.train.loss;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.Tape;
import dev.gavel.tensor.Tensor;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.op.Ops;
import dev.gavel.testing.Golden;
import dev.gavel.train.config.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/// The losses against TRL's own code and against formulas in PyTorch, all in double: 1e-10 scaled,
/// which a few roundings of numbers up to 10^5 stay below.
class LossGoldenTest {
  private static final double TOLERANCE = 1e-10;

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(Json.parse(line, file + ":" + (rows.size() + 1)));
    }
    return rows;
  }

  static Stream<Path> files() {
    return Stream.of("losses/losses.jsonl", "losses/trl_losses.jsonl")
        .flatMap(name -> Golden.findIfPresent(name).stream());
  }

  @ParameterizedTest
  @MethodSource("files")
  void lossesGradientsAndRewards(Path file) throws IOException, UsageException {
    int checked = 0;
    for (JsonNode row : rows(file)) {
      checked++;
      String where = file.getFileName() + ":" + checked;
      switch (row.get("loss_type").asString("")) {
        case "bradley_terry" -> bradleyTerry(where, row);
        case "conservative" -> conservative(where, row);
        case "cross_entropy" -> crossEntropy(where, row);
        default -> pairs(where, row);
      }
    }
    assertThat(checked).isGreaterThan(100);
  }

  /// The logits are the hidden states of a model whose head is the identity.
  private static void crossEntropy(String where, JsonNode row) {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Tape tape = Tape.record()) {
      int vocab = row.get("logits").get(0).size();
      Tensor logits =
          device.of(
              row.get("logits")
                  .valueStream()
                  .flatMapToDouble(r -> Arrays.stream(numbers(r)))
                  .toArray(),
              Shape.of(row.get("logits").size(), vocab));
      Tensor identity =
          device.of(
              IntStream.range(0, vocab * vocab)
                  .mapToDouble(i -> i % (vocab + 1) == 0 ? 1 : 0)
                  .toArray(),
              Shape.of(vocab, vocab));
      int[] targets = Arrays.stream(numbers(row.get("targets"))).mapToInt(x -> (int) x).toArray();
      double[] mask = numbers(row.get("mask"));
      Tensor logProbs =
          Ops.linearLogProb(logits.parameter(), identity, device.ofInts(targets)).values();
      Tensor loss =
          TokenCrossEntropy.sum(logProbs.mul(device.of(mask, Shape.of(mask.length))))
              .mul(1 / Arrays.stream(mask).sum());
      tape.backward(loss, 1);
      close(where, new double[] {loss.item()}, new double[] {row.get("loss").asDouble()});
      close(
          where,
          grad(logits),
          row.get("grad_logits")
              .valueStream()
              .flatMapToDouble(r -> Arrays.stream(numbers(r)))
              .toArray());
    }
  }

  /// Every loss type of TRL's DPO trainer, and of the papers.
  @Test
  void everyLossHasRows() throws IOException {
    List<String> seen = new ArrayList<>();
    for (Path file : files().toList()) {
      for (JsonNode row : rows(file)) {
        seen.addAll(names(row));
        if (row.has("rpo_alpha")) {
          seen.add("rpo");
        }
      }
    }
    assertThat(seen).containsAll(LossTypes.names());
  }

  private static List<String> names(JsonNode row) {
    JsonNode type = row.get("loss_type");
    return type.isArray()
        ? type.valueStream().map(JsonNode::asString).toList()
        : List.of(type.asString());
  }

  private static double[] numbers(JsonNode array) {
    return array.valueStream().mapToDouble(JsonNode::asDouble).toArray();
  }

  private static PreferenceObjective objective(JsonNode row) throws UsageException {
    List<Double> weights =
        row.hasNonNull("loss_weights")
            ? row.get("loss_weights").valueStream().map(JsonNode::asDouble).toList()
            : List.of();
    Map<String, String> own = new LinkedHashMap<>();
    for (String key : List.of("discopop_tau", "simpo_gamma")) {
      if (row.has(key)) {
        own.put(key, row.get(key).asString());
      }
    }
    return PreferenceObjective.of(
        names(row),
        weights,
        row.get("beta").asDouble(),
        row.get("label_smoothing").asDouble(),
        row.has("rpo_alpha") ? Optional.of(row.get("rpo_alpha").asDouble()) : Optional.empty(),
        own);
  }

  private static PairLogProbs pairs(Device device, JsonNode row, int from, int to) {
    Function<String, Tensor> read =
        key -> {
          double[] part = Arrays.copyOfRange(numbers(row.get(key)), from, to);
          return device.of(part, Shape.of(part.length));
        };
    return new PairLogProbs(
        read.apply("policy_chosen").parameter(),
        read.apply("policy_rejected").parameter(),
        read.apply("ref_chosen"),
        read.apply("ref_rejected"),
        read.apply("chosen_lengths"),
        read.apply("rejected_lengths"));
  }

  private static void pairs(String where, JsonNode row) throws UsageException {
    PreferenceObjective objective = objective(row);
    int n = row.get("policy_chosen").size();
    whole(where, row, objective, n);
    if (!objective.couplesRows()) {
      cut(where, row, objective, n);
    }
  }

  private static long chosenTokens(JsonNode row) {
    return (long) Arrays.stream(numbers(row.get("chosen_lengths"))).sum();
  }

  private static void whole(String where, JsonNode row, PreferenceObjective objective, int n) {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Tape tape = Tape.record()) {
      PairLogProbs p = pairs(device, row, 0, n);
      Tensor loss = objective.sum(p, n, chosenTokens(row));
      tape.backward(loss, 1);
      close(where + " loss", new double[] {loss.item()}, new double[] {row.get("loss").asDouble()});
      close(where + " grad chosen", grad(p.chosen()), numbers(row.get("grad_policy_chosen")));
      close(where + " grad rejected", grad(p.rejected()), numbers(row.get("grad_policy_rejected")));
      PreferenceLoss.Rewards rewards = objective.rewards(p);
      close(where, rewards.chosen().toDoubles(), numbers(row.get("rewards_chosen")));
      close(where, rewards.rejected().toDoubles(), numbers(row.get("rewards_rejected")));
      perPair(where, row, objective, p);
    }
  }

  /// TRL gives the values of the losses that sort in the order of ranks, and that of sft as a mean.
  private static void perPair(
      String where, JsonNode row, PreferenceObjective objective, PairLogProbs p) {
    PreferenceLoss loss = objective.terms().getFirst().loss();
    if (!row.hasNonNull("per_pair") || loss.per() != PreferenceLoss.Per.PAIR) {
      return;
    }
    double[] values = objective.values(p).getFirst().toDoubles();
    if (objective.couplesRows()) {
      Tensor ranked = loss instanceof Aot ? p.chosen().sub(p.rejected()) : p.chosenRatio();
      values = ranked(values, ranked.toDoubles());
    }
    close(where + " per pair", values, numbers(row.get("per_pair")));
  }

  private static double[] ranked(double[] values, double[] by) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((i, j) -> Double.compare(by[i], by[j]))
        .mapToDouble(i -> values[i])
        .toArray();
  }

  /// The shares of micro-batches of 1 and the rest add up to the same.
  private static void cut(String where, JsonNode row, PreferenceObjective objective, int n) {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Tape tape = Tape.record()) {
      double loss = 0;
      double[] gradient = {};
      for (int[] part : new int[][] {{0, 1}, {1, n}}) {
        PairLogProbs p = pairs(device, row, part[0], part[1]);
        Tensor share = objective.sum(p, n, chosenTokens(row));
        loss += share.item();
        tape.backward(share, 1);
        double[] more = grad(p.chosen());
        double[] before = gradient;
        gradient = DoubleStream.concat(Arrays.stream(before), Arrays.stream(more)).toArray();
      }
      close(where + " cut", new double[] {loss}, new double[] {row.get("loss").asDouble()});
      close(where + " cut", gradient, numbers(row.get("grad_policy_chosen")));
    }
  }

  /// The rows give the margins alone.
  private static void conservative(String where, JsonNode row) {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Tape tape = Tape.record()) {
      double[] delta = numbers(row.get("delta"));
      Tensor margin = device.of(delta, Shape.of(delta.length)).parameter();
      Tensor zero = device.zeros(DType.F64, margin.shape());
      PreferenceLoss loss =
          new Conservative(row.get("beta").asDouble(), row.get("label_smoothing").asDouble());
      Tensor values = loss.values(new PairLogProbs(margin, zero, zero, zero, zero, zero));
      tape.backward(values.mean(), 1);
      close(where, values.toDoubles(), numbers(row.get("per_pair")));
      close(where, grad(margin), numbers(row.get("grad_delta")));
    }
  }

  private static void bradleyTerry(String where, JsonNode row) {
    try (Device device = Devices.open("cpu", DType.F64, 1);
        Tape tape = Tape.record()) {
      double[] c = numbers(row.get("rewards_chosen"));
      Tensor chosen = device.of(c, Shape.of(c.length)).parameter();
      Tensor rejected = device.of(numbers(row.get("rewards_rejected")), chosen.shape()).parameter();
      JsonNode center = row.get("center_rewards_coefficient");
      BradleyTerry loss = new BradleyTerry(center.isNull() ? 0 : center.asDouble());
      Tensor values =
          row.get("margin").isNull()
              ? loss.values(chosen, rejected)
              : loss.values(
                  chosen, rejected, device.of(numbers(row.get("margin")), chosen.shape()));
      Tensor mean = values.mean();
      tape.backward(mean, 1);
      close(where, new double[] {mean.item()}, new double[] {row.get("loss").asDouble()});
      close(where, grad(chosen), numbers(row.get("grad_chosen")));
      close(where, grad(rejected), numbers(row.get("grad_rejected")));
    }
  }

  private static double[] grad(Tensor x) {
    return x.grad() == null
        ? new double[Math.toIntExact(x.size())]
        : Objects.requireNonNull(x.grad()).toDoubles();
  }

  private static void close(String where, double[] found, double[] expected) {
    assertThat(found).as(where).hasSameSizeAs(expected);
    for (int i = 0; i < found.length; i++) {
      assertThat(Math.abs(found[i] - expected[i]))
          .as("%s [%d]: %s, expected %s", where, i, found[i], expected[i])
          .isLessThanOrEqualTo(TOLERANCE * (1 + Math.abs(expected[i])));
    }
  }
}
