package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A model's `generation_config.json`; what the file leaves out is empty.
///
/// @param topK 0 is off
/// @param eosTokenIds ids that end a text; empty if the file names none
/// @param source the keys of the file, unknown ones too: what [#toJson] starts from
public record GenerationConfig(
    Optional<Boolean> doSample,
    OptionalDouble temperature,
    OptionalDouble topP,
    OptionalInt topK,
    OptionalDouble minP,
    OptionalInt maxNewTokens,
    List<Integer> eosTokenIds,
    ObjectNode source) {

  /// What a model folder holds it in.
  public static final String FILE = "generation_config.json";

  /// Keys of transformers that change what is generated and that Gavel does not apply, with the
  /// value that does nothing.
  private static final Map<String, String> NOT_APPLIED =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("assistant_early_exit", "null"),
              Map.entry("bad_words_ids", "null"),
              Map.entry("begin_suppress_tokens", "null"),
              Map.entry("constraints", "null"),
              Map.entry("diversity_penalty", "0"),
              Map.entry("dola_layers", "null"),
              Map.entry("encoder_no_repeat_ngram_size", "0"),
              Map.entry("encoder_repetition_penalty", "1"),
              Map.entry("epsilon_cutoff", "0"),
              Map.entry("eta_cutoff", "0"),
              Map.entry("exponential_decay_length_penalty", "null"),
              Map.entry("force_words_ids", "null"),
              Map.entry("forced_bos_token_id", "null"),
              Map.entry("forced_eos_token_id", "null"),
              Map.entry("guidance_scale", "1"),
              Map.entry("min_length", "0"),
              Map.entry("min_new_tokens", "0"),
              Map.entry("no_repeat_ngram_size", "0"),
              Map.entry("num_beams", "1"),
              Map.entry("penalty_alpha", "0"),
              Map.entry("repetition_penalty", "1"),
              Map.entry("sequence_bias", "null"),
              Map.entry("stop_strings", "null"),
              Map.entry("suppress_tokens", "null"),
              Map.entry("typical_p", "1"),
              Map.entry("watermarking_config", "null")));

  /// @throws IllegalArgumentException naming the key whose value cannot be
  public GenerationConfig {
    within("temperature", temperature, 0, Double.MAX_VALUE);
    within("top_p", topP, 0, 1);
    within("min_p", minP, 0, 1);
    atLeast("top_k", topK, 0);
    atLeast("max_new_tokens", maxNewTokens, 1);
    eosTokenIds = List.copyOf(eosTokenIds);
    source = source.deepCopy();
  }

  private static void within(String key, OptionalDouble value, double low, double high) {
    if (value.isPresent() && !(value.getAsDouble() >= low && value.getAsDouble() <= high)) {
      String range = high == 1 ? "0 to 1" : "0 or more";
      throw new IllegalArgumentException(
          "%s is %s, expected %s".formatted(key, value.getAsDouble(), range));
    }
  }

  private static void atLeast(String key, OptionalInt value, int low) {
    if (value.isPresent() && value.getAsInt() < low) {
      throw new IllegalArgumentException(
          "%s is %d, expected %d or more".formatted(key, value.getAsInt(), low));
    }
  }

  /// One that says nothing but the ids that end a text.
  public static GenerationConfig of(List<Integer> eosTokenIds) {
    return new GenerationConfig(
        Optional.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        eosTokenIds,
        Json.mapper().createObjectNode());
  }

  /// Reads a `generation_config.json`.
  public static GenerationConfig read(Path file) throws IOException {
    return parse(Json.read(file), file.toString());
  }

  /// Reads JSON of that form.
  ///
  /// @param where the file, for messages
  public static GenerationConfig parse(JsonNode json, String where) throws FormatException {
    return read(Fields.of(json, where));
  }

  private static GenerationConfig read(Fields f) throws FormatException {
    try {
      return new GenerationConfig(
          f.has("do_sample") ? Optional.of(f.bool("do_sample", false)) : Optional.empty(),
          f.optionalNumber("temperature"),
          f.optionalNumber("top_p"),
          f.optionalInteger("top_k"),
          f.optionalNumber("min_p"),
          f.optionalInteger("max_new_tokens"),
          f.ids("eos_token_id"),
          f.node());
    } catch (IllegalArgumentException e) {
      throw new FormatException(f.where() + e.getMessage(), e);
    }
  }

  /// Keys of the file that ask for something Gavel does not do, as `key value`; a caller that
  /// generates says so.
  public List<String> notApplied() {
    List<String> keys = new ArrayList<>();
    NOT_APPLIED.forEach((key, off) -> {
      JsonNode value = source.get(key);
      if (value == null || value.isNull()) {
        return;
      }
      boolean idle = value.isContainer() && value.isEmpty();
      if (value.isNumber() && !off.equals("null")) {
        idle = value.asDouble() == Double.parseDouble(off);
      }
      if (!idle) {
        keys.add(key + " " + value);
      }
    });
    return keys;
  }

  @Override
  public ObjectNode source() {
    return source.deepCopy();
  }

  /// All keys of [#source], with what differs set.
  public ObjectNode toJson() {
    ObjectNode node = source();
    GenerationConfig said;
    try {
      said = read(new Fields(source(), FILE + ": "));
    } catch (FormatException e) {
      throw new IllegalStateException(
          "the source is not a generation config: " + e.getMessage(), e);
    }
    put(node, "do_sample", said.doSample, doSample);
    put(node, "temperature", said.temperature, temperature);
    put(node, "top_p", said.topP, topP);
    put(node, "top_k", said.topK, topK);
    put(node, "min_p", said.minP, minP);
    put(node, "max_new_tokens", said.maxNewTokens, maxNewTokens);
    if (!said.eosTokenIds.equals(eosTokenIds)) {
      ArrayNode ids = node.putArray("eos_token_id");
      eosTokenIds.forEach(ids::add);
    }
    return node;
  }

  private static void put(ObjectNode node, String key, Object said, Object value) {
    if (Objects.equals(said, value)) {
      return;
    }
    switch (value) {
      case OptionalInt i when i.isPresent() -> node.put(key, i.getAsInt());
      case OptionalDouble d when d.isPresent() -> node.put(key, d.getAsDouble());
      case Optional<?> o when o.isPresent() -> node.put(key, (Boolean) o.get());
      default -> node.remove(key);
    }
  }

  /// Writes a `generation_config.json`, whole or not at all.
  public void write(Path file) throws IOException {
    AtomicFiles.writeString(file, Json.writePretty(toJson()));
  }
}
