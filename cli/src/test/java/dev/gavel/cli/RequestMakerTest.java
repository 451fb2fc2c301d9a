package dev.gavel.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.io.Json;
import dev.gavel.testing.Golden;
import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Schema;
import dev.gavel.train.data.Place;
import dev.gavel.train.data.Row;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.model.ModelOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/// Row beats flag beats generation_config.json beats default.
class RequestMakerTest {
  private static final String SAMPLES =
      "{\"do_sample\":true,\"temperature\":0.6,\"top_p\":0.9,\"top_k\":7,\"max_new_tokens\":9}";
  private static final String GREEDY = SAMPLES.replace("true", "false");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private int made;

  private Request request(String generationConfig, String row, String... flags) throws Exception {
    Path model = InProcess.copy(Golden.find("ckpt_a").getFirst(), folder.resolve("m" + made++));
    Files.writeString(model.resolve("generation_config.json"), generationConfig);
    List<Call.Flag> given = new ArrayList<>();
    for (String flag : flags) {
      given.add(new Call.Flag(flag.split("=")[0], List.of(flag.split("=")[1])));
    }
    SamplingOptions options =
        Binder.bind(
                Schema.of(SamplingOptions.class),
                new Call(given, List.of(), Optional.empty()),
                List.of())
            .options();
    ModelOptions where =
        new ModelOptions(
            model,
            Optional.empty(),
            "cpu",
            Optional.of(1),
            Optional.empty(),
            Optional.empty(),
            "26 Jul 2024");
    ObjectNode json = (ObjectNode) Json.parse("{\"ids\":[1]," + row + "\"x\":0}", "row");
    try (LoadedModel loaded = LoadedModel.open(where)) {
      return new RequestMaker(loaded, options)
          .of(new Row(3, new Place("rows", 4, false), null, json));
    }
  }

  @Test
  void samplingValues() throws Exception {
    assertThat(request(SAMPLES, "").sampling()).isEqualTo(new Sampling(0.6, 7, 0.9, 0));
    assertThat(request(GREEDY, "").sampling()).isEqualTo(Sampling.GREEDY);
    assertThat(request(GREEDY, "", "top_p=0.5").sampling()).isEqualTo(Sampling.GREEDY);
    assertThat(request(GREEDY, "", "temperature=2").sampling())
        .isEqualTo(new Sampling(2, 7, 0.9, 0));
    assertThat(request(SAMPLES, "", "temperature=0").sampling()).isEqualTo(Sampling.GREEDY);
    assertThat(request(SAMPLES, "\"temperature\":0,").sampling()).isEqualTo(Sampling.GREEDY);
    assertThat(request("{}", "\"temperature\":3,", "temperature=0", "min_p=0.2").sampling())
        .isEqualTo(new Sampling(3, 0, 1, 0.2));
    assertThat(request("{\"do_sample\":true}", "").sampling()).isEqualTo(new Sampling(1, 0, 1, 0));
    String row = "\"temperature\":1.5,\"top_k\":2,\"top_p\":0.25,\"min_p\":0.125,";
    assertThat(request(SAMPLES, row, "top_k=5", "top_p=0.75", "min_p=0.5").sampling())
        .isEqualTo(new Sampling(1.5, 2, 0.25, 0.125));
    assertThat(request(SAMPLES, "\"top_k\":null,", "top_k=5", "min_p=0.5").sampling())
        .isEqualTo(new Sampling(0.6, 5, 0.9, 0.5));
  }

  @Test
  void otherValues() throws Exception {
    Request plain = request("{}", "");
    assertThat(plain.maxNewTokens()).isEqualTo(256);
    assertThat(plain.seed()).isEqualTo(42);
    assertThat(plain.n()).isEqualTo(1);
    assertThat(plain.id()).isEqualTo("3");
    assertThat(plain.stopIds())
        .containsExactlyInAnyOrderElementsOf(
            LlamaConfig.read(Golden.find("ckpt_a").getFirst().resolve("config.json"))
                .eosTokenIds());
    assertThat(request(SAMPLES, "").maxNewTokens()).isEqualTo(9);
    assertThat(request(SAMPLES, "", "max_new_tokens=5").maxNewTokens()).isEqualTo(5);
    String row =
        "\"max_new_tokens\":4,\"n\":2,\"seed\":-7,\"stop\":[\"a\"],\"stop_token_ids\":[8],";
    Request own =
        request("{\"eos_token_id\":5}", row, "n=3", "seed=1", "stop=b", "stop_token_ids=9");
    assertThat(own.maxNewTokens()).isEqualTo(4);
    assertThat(own.n()).isEqualTo(2);
    assertThat(own.seed()).isEqualTo(-7);
    assertThat(own.stopStrings()).containsExactly("a");
    assertThat(own.stopIds()).containsExactlyInAnyOrder(5, 8);
    assertThat(request("{}", "", "ignore_eos=true", "stop_token_ids=9").stopIds())
        .containsExactly(9);
  }
}
