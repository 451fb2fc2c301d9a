package dev.gavel.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.gavel.llama.FolderWeights;
import dev.gavel.llama.Llama;
import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.generate.Listener;
import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sample;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.hub.ModelFolder;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Generation on the emulated device, through the `--device cuda` path, on a golden checkpoint.
class CudaGenerateTest extends EmulatorTest {
  private static final Path FOLDER = Golden.find("ckpt_a/config.json").getFirst().getParent();

  /// A short prompt, one that fills a page and shares it among its samples, greedy and sampled.
  private static List<Request> requests() {
    return List.of(
        request("short", 5, 1, Sampling.GREEDY),
        request("shared", 71, 3, new Sampling(0.9, 40, 0.95, 0)),
        request("hot", 9, 2, new Sampling(1.3, 0, 1, 0.02)));
  }

  private static Request request(String id, int length, int n, Sampling sampling) {
    int[] prompt = new int[length];
    for (int i = 0; i < length; i++) {
      prompt[i] = (i * 31 + id.length()) % 320;
    }
    return new Request(id, prompt, n, sampling, Set.of(), List.of(), 6, 7);
  }

  private static Map<String, List<Sample>> run(String spec, DType type) throws IOException {
    Map<String, List<Sample>> done = new HashMap<>();
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
    try (Device device = Devices.open(spec, type, 2);
        ModelFolder folder = ModelFolder.open(FOLDER);
        Llama model = Llama.atRest(folder.config(), device, new FolderWeights(folder), 2);
        Generator generator =
            new Generator(model, Tokenizer.load(FOLDER), new Generator.Limits(8, 64), listener)) {
      assertThat(device.name()).startsWith(spec.equals("cuda") ? "cuda" : "vector");
      requests().forEach(generator::submit);
      generator.run();
    }
    return done;
  }

  @Test
  void samplesAreThoseOfTheVectorBackend() throws IOException {
    Map<String, List<Sample>> wanted = run("cpu", DType.F32);
    Map<String, List<Sample>> found = run("cuda", DType.F32);
    for (Request r : requests()) {
      for (int i = 0; i < r.n(); i++) {
        Sample x = found.get(r.id()).get(i);
        Sample y = wanted.get(r.id()).get(i);
        assertThat(x.ids()).as("%s, draw %d", r.id(), i).isEqualTo(y.ids());
        assertThat(x.logprobs()).containsExactly(y.logprobs(), within(1e-4));
      }
    }
  }

  /// bf16 draws may differ from those; twice the same come twice.
  @Test
  void bf16Repeats() throws IOException {
    Map<String, List<Sample>> first = run("cuda", DType.BF16);
    Map<String, List<Sample>> second = run("cuda", DType.BF16);
    for (Request r : requests()) {
      for (int i = 0; i < r.n(); i++) {
        assertThat(second.get(r.id()).get(i).ids()).isEqualTo(first.get(r.id()).get(i).ids());
        assertThat(second.get(r.id()).get(i).logprobs())
            .isEqualTo(first.get(r.id()).get(i).logprobs());
      }
    }
  }
}
