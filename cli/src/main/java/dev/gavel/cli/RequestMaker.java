package dev.gavel.cli;

import dev.gavel.llama.generate.Request;
import dev.gavel.llama.generate.Sampling;
import dev.gavel.llama.hub.GenerationConfig;
import dev.gavel.llama.tokenizer.EncodeOptions;
import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.model.LoadedModel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Rows to requests. A sampling value is the row's, else the flag's, else generation_config.json's,
/// else the default; null in a row is nothing, as tables export it.
final class RequestMaker {
  private static final int MAX_NEW_TOKENS = 256;
  private static final List<String> FORMS = List.of("prompt", "messages", "ids");

  private final LoadedModel model;
  private final SamplingOptions flags;
  private final Optional<GenerationConfig> file;

  /// @throws IllegalArgumentException for a stop id that the model does not have
  RequestMaker(LoadedModel model, SamplingOptions flags) {
    this.model = model;
    this.flags = flags;
    this.file = model.generationConfig();
    flags.stopTokenIds().forEach(id -> requireId("--stop_token_ids", id));
  }

  /// @throws RowException saying what is wrong with the row
  Request of(Row given) throws RowException {
    Row row = withoutNulls(given);
    try {
      return new Request(
          Json.write(row.id()),
          prompt(row),
          row.integer("n", flags.n()),
          sampling(row),
          stopIds(row),
          row.has("stop") ? texts(row, "stop") : flags.stop(),
          row.integer("max_new_tokens", maxNewTokens()),
          row.longInteger("seed", flags.seed()));
    } catch (IllegalArgumentException e) {
      throw new RowException(String.valueOf(e.getMessage()), e);
    }
  }

  /// The request of `--prompt`.
  Request of(String prompt) throws RowException {
    ObjectNode json = Json.mapper().createObjectNode().put("prompt", prompt);
    return of(new Row(0, new dev.gavel.train.data.Place("--prompt", 1, false), null, json));
  }

  private static Row withoutNulls(Row row) {
    ObjectNode json = row.json().deepCopy();
    json.properties().removeIf(e -> e.getValue().isNull());
    return new Row(row.number(), row.place(), row.ownId(), json);
  }

  // ---------------------------------------------------------------- prompt

  private int[] prompt(Row row) throws RowException {
    List<String> forms = FORMS.stream().filter(row::has).toList();
    if (forms.size() != 1) {
      throw new RowException(
          "expected one of 'prompt', 'messages', 'ids', found %s (keys: %s)"
              .formatted(
                  forms.isEmpty() ? "none" : String.join(" and ", forms),
                  String.join(", ", row.json().propertyNames())));
    }
    int[] ids =
        switch (forms.getFirst()) {
          case "prompt" -> model.tokenizer().encode(row.text("prompt"), EncodeOptions.DEFAULT);
          case "messages" -> messages(row);
          default -> row.ids("ids");
        };
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0 || ids[i] >= vocabulary()) {
        throw new RowException(
            "'%s': element %d is %d, outside the model's vocabulary of %d tokens"
                .formatted(forms.getFirst(), i, ids[i], vocabulary()));
      }
    }
    return ids;
  }

  private int[] messages(Row row) throws RowException {
    String date = row.optionalText("date_string").orElse(model.options().dateString());
    try {
      return model.promptIds(row.messages("messages"), date);
    } catch (FormatException e) {
      throw new RowException(String.valueOf(e.getMessage()), e);
    }
  }

  private int vocabulary() {
    return model.llama().config().vocabSize();
  }

  // ---------------------------------------------------------------- sampling

  private int maxNewTokens() {
    return flags
        .maxNewTokens()
        .orElseGet(() ->
            file.map(GenerationConfig::maxNewTokens)
                .orElse(OptionalInt.empty())
                .orElse(MAX_NEW_TOKENS));
  }

  private Sampling sampling(Row row) throws RowException {
    double temperature = row.number("temperature", temperature());
    if (temperature == 0) {
      return Sampling.GREEDY;
    }
    int topK =
        flags
            .topK()
            .orElseGet(
                () -> file.map(GenerationConfig::topK).orElse(OptionalInt.empty()).orElse(0));
    return new Sampling(
        temperature,
        row.integer("top_k", topK),
        row.number(
            "top_p", flags.topP().orElseGet(() -> said(file.map(GenerationConfig::topP), 1))),
        row.number(
            "min_p", flags.minP().orElseGet(() -> said(file.map(GenerationConfig::minP), 0))));
  }

  private double temperature() {
    boolean fileSamples = file.flatMap(GenerationConfig::doSample).orElse(false);
    return flags
        .temperature()
        .orElseGet(() -> fileSamples ? said(file.map(GenerationConfig::temperature), 1) : 0.0);
  }

  private static double said(Optional<OptionalDouble> value, double otherwise) {
    return value.orElse(OptionalDouble.empty()).orElse(otherwise);
  }

  // ---------------------------------------------------------------- stopping

  private Set<Integer> stopIds(Row row) throws RowException {
    Set<Integer> ids = new HashSet<>();
    if (!row.flag("ignore_eos", flags.ignoreEos())) {
      ids.addAll(model.stopIds());
    }
    if (!row.has("stop_token_ids")) {
      ids.addAll(flags.stopTokenIds());
      return ids;
    }
    for (int id : row.ids("stop_token_ids")) {
      requireId("'stop_token_ids'", id);
      ids.add(id);
    }
    return ids;
  }

  private void requireId(String name, int id) {
    if (id < 0 || id >= vocabulary()) {
      throw new IllegalArgumentException(
          "%s: %d is outside the model's vocabulary of %d tokens"
              .formatted(name, id, vocabulary()));
    }
  }

  /// A text or an array of texts.
  private static List<String> texts(Row row, String key) throws RowException {
    JsonNode value = row.value(key);
    if (!value.isArray()) {
      return List.of(row.text(key));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : value) {
      if (!text.isString()) {
        throw new RowException("'%s' is %s, expected an array of texts".formatted(key, value));
      }
      texts.add(text.stringValue());
    }
    return texts;
  }
}
