package dev.gavel.llama.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.GoldenFolders;
import dev.gavel.llama.Llama;
import dev.gavel.llama.tokenizer.Tokenizer;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.testing.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// What a request gets depends on that request alone, and pages are all given back.
class GeneratorTest {
  private static final Path FOLDER = Golden.find("ckpt_a").get(0);

  private static Request request(String id, int length, int n, int tokens) {
    int[] prompt = new int[length];
    for (int i = 0; i < length; i++) {
      prompt[i] = (i * 31 + id.hashCode() % 97 + 97) % 320;
    }
    return new Request(id, prompt, n, new Sampling(1, 0, 0.95, 0), Set.of(), List.of(), tokens, 7);
  }

  /// Collects what happens.
  private static final class Log implements Listener {
    final Map<String, List<Sample>> done = new HashMap<>();
    final Map<String, String> failures = new HashMap<>();
    final Map<String, StringBuilder> streamed = new HashMap<>();

    @Override
    public void text(Request request, int draw, String text) {
      streamed.computeIfAbsent(request.id() + "/" + draw, k -> new StringBuilder()).append(text);
    }

    @Override
    public void finished(Request request, List<Sample> samples) {
      done.put(request.id(), samples);
    }

    @Override
    public void failed(Request request, String reason) {
      failures.put(request.id(), reason);
    }
  }

  private static Log run(Generator.Limits limits, int threads, List<Request> requests)
      throws IOException {
    Log log = new Log();
    try (Device device = Devices.open("cpu", DType.F32, threads);
        Llama model = GoldenFolders.load(FOLDER, device, false);
        Generator generator = new Generator(model, Tokenizer.load(FOLDER), limits, log)) {
      requests.forEach(generator::submit);
      generator.run();
    }
    return log;
  }

  private static void same(List<Sample> a, List<Sample> b) {
    assertThat(a).hasSameSizeAs(b);
    for (int i = 0; i < a.size(); i++) {
      assertThat(a.get(i).ids()).isEqualTo(b.get(i).ids());
      assertThat(a.get(i).logprobs()).isEqualTo(b.get(i).logprobs());
      assertThat(a.get(i).text()).isEqualTo(b.get(i).text());
    }
  }

  @Test
  void neighboursThreadsAndRoomChangeNoBit() throws IOException {
    List<Request> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      all.add(request("q" + i, 1 + i * 13, 1 + i % 5, 20 + i));
    }
    Log together = run(new Generator.Limits(64, 400), 2, all);
    Log tight = run(new Generator.Limits(3, 12), 1, all);
    for (Request r : all) {
      same(together.done.get(r.id()), tight.done.get(r.id()));
    }
    for (Request r : List.of(all.get(4), all.get(9))) {
      same(
          run(new Generator.Limits(64, 64), 3, List.of(r)).done.get(r.id()),
          together.done.get(r.id()));
    }
  }

  @Test
  void aDrawIsTheSameInAnyNumberOfDraws() throws IOException {
    List<Sample> many =
        run(new Generator.Limits(64, 400), 2, List.of(request("x", 70, 32, 30))).done.get("x");
    List<Sample> few =
        run(new Generator.Limits(2, 20), 2, List.of(request("x", 70, 3, 30))).done.get("x");
    same(many.subList(0, 3), few);
    assertThat(many.stream().map(Sample::text).distinct().count()).isGreaterThan(20);
  }

  @Test
  void whatCannotRunFailsAloneAndSaysWhy() throws IOException {
    int[] outside = {5, 9999};
    Request bad = new Request("bad", outside, 1, Sampling.GREEDY, Set.of(), List.of(), 4, 1);
    Request large = request("large", 100, 1, 400);
    Request good = request("good", 9, 2, 8);
    Log log = run(new Generator.Limits(4, 6), 2, List.of(bad, large, good));
    assertThat(log.failures.get("bad")).contains("id 9999").contains("outside the vocabulary of");
    assertThat(log.failures.get("large")).contains("max_new_tokens");
    assertThat(log.done).containsOnlyKeys("good");
  }

  @Test
  void stopStringsSpanTokensAndAreNotPartOfTheText() throws IOException {
    Request free = request("s", 12, 1, 40);
    String text = run(new Generator.Limits(4, 64), 2, List.of(free)).done.get("s").get(0).text();
    String stop = text.substring(text.length() / 2, text.length() / 2 + 3);
    Request stopped =
        new Request(
            "s", free.prompt(), 1, free.sampling(), Set.of(), List.of(stop), 40, free.seed());
    Log log = run(new Generator.Limits(4, 64), 2, List.of(stopped));
    Sample sample = log.done.get("s").get(0);
    assertThat(sample.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    assertThat(sample.finishReason()).isEqualTo(FinishReason.STOP);
    assertThat(log.streamed.get("s/0").toString()).isEqualTo(sample.text());
  }
}
