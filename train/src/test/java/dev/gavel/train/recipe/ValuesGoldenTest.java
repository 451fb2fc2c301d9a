package dev.gavel.train.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.Scope;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// A reward is read at the last token by length. transformers reads the same one unless the last
/// token is the pad token: where a model's pad token is its end token, or a text was padded.
class ValuesGoldenTest {
  @Test
  void valuesAreThoseOfTransformersAtTheLastToken() throws IOException {
    for (Path root : Golden.roots("trl/rm_pooling.json")) {
      JsonNode cases = Json.read(root.resolve("trl/rm_pooling.json"));
      for (DType type : List.of(DType.F64, DType.F32)) {
        compare(root, cases, type);
      }
    }
  }

  private static void compare(Path root, JsonNode cases, DType type) throws IOException {
    List<int[]> sequences = new ArrayList<>();
    cases.forEach(
        c -> sequences.add(c.get("ids").valueStream().mapToInt(JsonNode::intValue).toArray()));
    try (Device device = Devices.choose("cpu", Optional.of(type)).open(2);
        ModelFolder folder = ModelFolder.open(root.resolve("ckpt_c"));
        Llama model = Llama.atRest(folder.config(), device, new FolderWeights(folder), 2);
        Scope _ = Scope.open()) {
      double[] values = Values.of(model, sequences).toDoubles();
      int same = 0;
      for (int i = 0; i < values.length; i++) {
        JsonNode all = cases.get(i).get("reward_at_every_position_f64");
        double wanted = all.get(sequences.get(i).length - 1).asDouble();
        assertThat(values[i]).isCloseTo(wanted, within(type == DType.F64 ? 1e-9 : 1e-4));
        boolean pooled = cases.get(i).get("position_read").asInt() == sequences.get(i).length - 1;
        same += pooled ? 1 : 0;
        int[] ids = sequences.get(i);
        assertThat(pooled)
            .isEqualTo(ids[ids.length - 1] != cases.get(i).get("pad_token_id").asInt());
      }
      assertThat(same).isPositive();
    }
  }
}
