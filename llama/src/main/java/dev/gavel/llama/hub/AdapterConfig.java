package dev.gavel.llama.hub;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// PEFT's `adapter_config.json` of a LoRA adapter.
///
/// @param task what the adapter was trained for; empty: what its base is
/// @param base `base_model_name_or_path`; empty if the file names none
/// @param source the keys of the file, unknown ones too: what [#toJson] starts from
public record AdapterConfig(
    LoraConfig lora, Optional<Architecture> task, Optional<String> base, ObjectNode source) {
  public static final String FILE = "adapter_config.json";

  /// Keys that change what is computed, by ways that this build does not know: only null, false,
  /// empty and these values may stand there.
  private static final Map<String, Set<String>> NEUTRAL =
      Map.ofEntries(
          Map.entry("alora_invocation_tokens", Set.of()),
          Map.entry("alpha_pattern", Set.of()),
          Map.entry("arrow_config", Set.of()),
          Map.entry("bias", Set.of("none")),
          Map.entry("ensure_weight_tying", Set.of()),
          Map.entry("exclude_modules", Set.of()),
          Map.entry("fan_in_fan_out", Set.of()),
          // others (pissa, olora, corda, loftq) change the base's weights when they are loaded
          Map.entry("init_lora_weights", Set.of("true", "gaussian", "orthogonal", "eva")),
          Map.entry("kasa_config", Set.of()),
          Map.entry("layer_replication", Set.of()),
          Map.entry("layers_to_transform", Set.of()),
          Map.entry("lora_bias", Set.of()),
          Map.entry("megatron_config", Set.of()),
          Map.entry("monteclora_config", Set.of()),
          Map.entry("peft_type", Set.of("LORA")),
          Map.entry("rank_pattern", Set.of()),
          Map.entry("target_parameters", Set.of()),
          Map.entry("trainable_token_indices", Set.of()),
          Map.entry("use_bdlora", Set.of()),
          Map.entry("use_dora", Set.of()),
          Map.entry("use_qalora", Set.of()),
          Map.entry("velora_config", Set.of()));

  public AdapterConfig {
    source = source.deepCopy();
  }

  /// A config made in memory.
  ///
  /// @param base name or folder of the model that was adapted
  public static AdapterConfig of(LoraConfig lora, Architecture task, String base) {
    return new AdapterConfig(
        lora, Optional.of(task), Optional.of(base), Json.mapper().createObjectNode());
  }

  /// The same with a key of its own in the file, which others leave alone.
  public AdapterConfig withExtra(String key, String value) {
    return new AdapterConfig(lora, task, base, source().put(key, value));
  }

  @Override
  public ObjectNode source() {
    return source.deepCopy();
  }

  /// @param weights names of the base's weights, for a `target_modules` that is a pattern
  /// @throws FormatException naming file and key: another method, or what this build does not know
  static AdapterConfig read(Path file, List<String> weights) throws IOException {
    Fields fields = Fields.of(Json.read(file), file.toString());
    for (Map.Entry<String, Set<String>> e : new TreeMap<>(NEUTRAL).entrySet()) {
      requireNeutral(fields, e.getKey(), e.getValue());
    }
    try {
      LoraConfig lora =
          new LoraConfig(
              fields.integer("r", 8),
              fields.number("lora_alpha", 8),
              fields.number("lora_dropout", 0),
              targets(fields, weights),
              strings(fields, "modules_to_save"),
              fields.bool("use_rslora", false));
      return new AdapterConfig(
          lora, task(fields), Optional.ofNullable(base(fields)), fields.node());
    } catch (IllegalArgumentException e) {
      throw new FormatException(fields.where() + e.getMessage(), e);
    }
  }

  /// Reads only the name of the base and the task.
  static Base readBase(Path file) throws IOException {
    Fields fields = Fields.of(Json.read(file), file.toString());
    return new Base(Optional.ofNullable(base(fields)), task(fields));
  }

  /// @param name `base_model_name_or_path`
  record Base(Optional<String> name, Optional<Architecture> task) {}

  private static @Nullable String base(Fields fields) throws FormatException {
    String name = fields.string("base_model_name_or_path");
    return name == null || name.isEmpty() ? null : name;
  }

  private static void requireNeutral(Fields fields, String key, Set<String> allowed)
      throws FormatException {
    JsonNode value = fields.get(key);
    if (value == null
        || (value.isBoolean() && !value.booleanValue())
        || (value.isContainer() && value.isEmpty())
        || (value.isValueNode() && allowed.contains(value.asString()))) {
      return;
    }
    throw fields.error(
        key,
        allowed.isEmpty()
            ? "which this build does not know; it reads plain LoRA adapters"
            : "expected " + String.join(", ", allowed.stream().sorted().toList()));
  }

  private static Optional<Architecture> task(Fields fields) throws FormatException {
    String task = fields.string("task_type");
    return switch (task) {
      case null -> Optional.empty();
      case "CAUSAL_LM" -> Optional.of(Architecture.CAUSAL_LM);
      case "SEQ_CLS" -> Optional.of(Architecture.SEQUENCE_CLASSIFICATION);
      default -> throw fields.error("task_type", "expected CAUSAL_LM or SEQ_CLS");
    };
  }

  /// A string that is not `all-linear` is a pattern of whole names.
  private static List<String> targets(Fields fields, List<String> weights) throws FormatException {
    JsonNode value = fields.get("target_modules");
    if (value == null || !value.isString()) {
      return strings(fields, "target_modules");
    }
    String text = value.stringValue();
    if (text.equalsIgnoreCase(LoraConfig.ALL_LINEAR)) {
      return List.of(LoraConfig.ALL_LINEAR);
    }
    try {
      Pattern pattern = Pattern.compile(text);
      List<String> modules =
          weights.stream()
              .map(w -> w.substring(0, w.length() - ".weight".length()))
              .filter(m -> pattern.matcher(m).matches())
              .toList();
      if (modules.isEmpty()) {
        throw fields.error("target_modules", "which matches no module of the base");
      }
      return modules;
    } catch (PatternSyntaxException e) {
      throw fields.error("target_modules", "which is no pattern: " + e.getDescription());
    }
  }

  private static List<String> strings(Fields fields, String key) throws FormatException {
    JsonNode value = fields.get(key);
    if (value == null) {
      return List.of();
    }
    if (!value.isArray()) {
      throw fields.error(key, "expected a list of names");
    }
    Set<String> names = new LinkedHashSet<>();
    for (JsonNode name : value) {
      if (!name.isString()) {
        throw fields.error(key, "expected a list of names");
      }
      names.add(name.stringValue());
    }
    return new ArrayList<>(names);
  }

  /// The keys that PEFT writes, in its order, over those of [#source].
  public ObjectNode toJson() {
    Map<String, JsonNode> sorted = new TreeMap<>();
    ObjectNode node = defaults();
    source.properties().forEach(e -> node.set(e.getKey(), e.getValue()));
    base.ifPresent(b -> node.put("base_model_name_or_path", b));
    node.put("inference_mode", true);
    number(node, "lora_alpha", lora.alpha());
    node.put("lora_dropout", lora.dropout());
    node.put("r", lora.r());
    node.put("use_rslora", lora.rslora());
    put(node.putArray("target_modules"), lora.targetModules());
    List<String> saved = saved();
    if (saved.isEmpty()) {
      node.putNull("modules_to_save");
    } else {
      put(node.putArray("modules_to_save"), saved);
    }
    task.ifPresent(
        t -> node.put("task_type", t == Architecture.CAUSAL_LM ? "CAUSAL_LM" : "SEQ_CLS"));
    node.properties().forEach(e -> sorted.put(e.getKey(), e.getValue()));
    ObjectNode result = Json.mapper().createObjectNode();
    sorted.forEach(result::set);
    return result;
  }

  /// A classifier's list names its heads, so that PEFT loads them.
  private List<String> saved() {
    Set<String> names = new LinkedHashSet<>(lora.modulesToSave());
    if (task.equals(Optional.of(Architecture.SEQUENCE_CLASSIFICATION))) {
      names.addAll(LoraConfig.HEADS);
    }
    return List.copyOf(names);
  }

  /// PEFT writes whole numbers as such.
  private static void number(ObjectNode node, String key, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1 << 30) {
      node.put(key, (int) value);
    } else {
      node.put(key, value);
    }
  }

  private static void put(ArrayNode to, List<String> names) {
    names.forEach(to::add);
  }

  private static ObjectNode defaults() {
    ObjectNode node = Json.mapper().createObjectNode();
    for (String key : NEUTRAL.keySet()) {
      node.putNull(key);
    }
    for (String key :
        List.of("auto_mapping", "base_model_name_or_path", "corda_config", "eva_config")) {
      node.putNull(key);
    }
    for (String key : List.of("layers_pattern", "lora_ga_config", "revision", "task_type")) {
      node.putNull(key);
    }
    for (String key :
        List.of("ensure_weight_tying", "fan_in_fan_out", "lora_bias", "use_dora", "use_qalora")) {
      node.put(key, false);
    }
    for (String key : List.of("alpha_pattern", "rank_pattern", "loftq_config")) {
      node.putObject(key);
    }
    node.put("bias", "none").put("init_lora_weights", true).put("peft_type", "LORA");
    return node.put("megatron_core", "megatron.core").put("qalora_group_size", 16);
  }

  /// Writes an adapter's folder that PEFT and [ModelFolder#open] read: tokenizer files, this
  /// config, then the weights.
  ///
  /// @param model the adapted model
  /// @param tensors those of [LoraConfig#tensors]
  /// @param tokenizerFrom the folder whose tokenizer files are copied
  /// @throws IllegalArgumentException if tensors and config do not agree; nothing is written then
  public void save(
      Path dir, LlamaConfig model, List<TensorSource> tensors, Optional<Path> tokenizerFrom)
      throws IOException {
    AdapterFolder.save(dir, model, this, tensors, tokenizerFrom);
  }

  /// Writes the file, whole or not at all.
  public void write(Path file) throws IOException {
    AtomicFiles.writeString(file, Json.writePretty(toJson()));
  }
}
