package dev.gavel.train.config;

import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Makes an options record of a call: a flag beats the file, the file beats the default. Everything
/// that is wrong is gathered and reported together.
public final class Binder<R extends Record> {
  private static final String FLAG = "flag";

  private final Schema<R> schema;
  private final List<String> problems = new ArrayList<>();
  private final Map<OptSpec, Setting> settings = new LinkedHashMap<>();

  /// Options whose value is known to be no use; nothing more is said about them.
  private final Set<OptSpec> spoiled = new HashSet<>();

  /// What one source says about one option.
  ///
  /// @param where how to name it in a message
  /// @param texts null for JSON's null: nothing, whatever the default
  private record Setting(String origin, String where, @Nullable List<String> texts) {}

  private Binder(Schema<R> schema) {
    this.schema = schema;
  }

  /// @param found problems that the caller met already, reported with the others
  /// @throws UsageException naming all that is wrong
  public static <R extends Record> Bound<R> bind(Schema<R> schema, Call call, List<String> found)
      throws UsageException {
    Binder<R> binder = new Binder<>(schema);
    binder.problems.addAll(found);
    call.config().ifPresent(binder::readFile);
    binder.readFlags(call.flags());
    binder.readWords(call.words());
    return binder.finish();
  }

  private void readFile(Path file) {
    if (!Files.isRegularFile(file)) {
      problems.add("--config " + file + ": no such file");
      return;
    }
    try {
      JsonNode json = Json.readCommented(file);
      if (!json.isObject()) {
        problems.add(file + ": expected a JSON object with the options as its keys");
        return;
      }
      Map<OptSpec, String> seen = new LinkedHashMap<>();
      json.properties().forEach(e -> readKey(file, e.getKey(), e.getValue(), seen));
    } catch (IOException e) {
      problems.add(String.valueOf(e.getMessage()));
    }
  }

  private void readKey(Path file, String key, JsonNode value, Map<OptSpec, String> seen) {
    OptSpec spec = schema.find(key).orElse(null);
    if (spec == null) {
      problems.add(
          Schema.RESERVED.contains(key)
              ? "%s: '%s' is a flag only".formatted(file, key)
              : "%s: unknown key '%s'; the nearest is '%s'"
                  .formatted(file, key, Nearest.to(key, schema.names())));
      return;
    }
    String where = "%s: '%s' %s".formatted(file, key, Json.write(value));
    if (spec.isMap()) {
      addNamed(spec, key, file.toString(), List.of(value.asString("")));
      return;
    }
    if (once(seen, spec, key, file + ": ")) {
      settings.put(spec, new Setting(file.toString(), where, texts(spec, value, where)));
    }
  }

  private @Nullable List<String> texts(OptSpec spec, JsonNode value, String where) {
    if (value.isNull()) {
      return null;
    }
    if (value.isArray() && spec.isList() && value.valueStream().allMatch(JsonNode::isValueNode)) {
      return value.valueStream().map(JsonNode::asString).toList();
    }
    if (!value.isValueNode()) {
      problems.add(
          where + ": expected " + (spec.isList() ? "an array of plain values" : "a plain value"));
      spoiled.add(spec);
      return List.of();
    }
    return spec.isList() ? OptSpec.split(value.asString()) : List.of(value.asString());
  }

  private void readFlags(List<Call.Flag> flags) {
    Map<OptSpec, String> seen = new LinkedHashMap<>();
    for (Call.Flag flag : flags) {
      String name = "--" + flag.name();
      OptSpec spec = schema.find(flag.name()).orElse(null);
      if (spec == null) {
        problems.add(name + ": unknown flag; the nearest is --" + nearestFlag(flag.name()));
      } else if (flag.values().isEmpty()) {
        problems.add(name + " needs a value: " + spec.placeholder());
        spoiled.add(spec);
      } else if (spec.isMap()) {
        addNamed(spec, flag.name(), FLAG, flag.values());
      } else if (once(seen, spec, name, "")) {
        List<String> texts =
            spec.isList()
                ? flag.values().stream().flatMap(v -> OptSpec.split(v).stream()).toList()
                : flag.values();
        String where = name + " " + String.join(" ", flag.values());
        settings.put(spec, new Setting(FLAG, where, texts));
      }
    }
  }

  /// One name of an option that takes any: a flag beats the file name by name.
  private void addNamed(OptSpec spec, String key, String origin, List<String> values) {
    Setting before = settings.get(spec);
    List<String> texts =
        new ArrayList<>(before == null || before.texts() == null ? List.of() : before.texts());
    texts.add(key.substring(spec.prefix().length()));
    texts.add(String.join(",", values));
    settings.put(spec, new Setting(origin, "--" + key, texts));
  }

  private String nearestFlag(String typed) {
    List<String> names = new ArrayList<>(schema.names());
    names.addAll(Schema.RESERVED);
    return Nearest.to(typed, names);
  }

  /// Whether an option is named for the first time by this source, under whatever name.
  private boolean once(Map<OptSpec, String> seen, OptSpec spec, String name, String where) {
    String before = seen.putIfAbsent(spec, name);
    if (name.equals(before)) {
      problems.add(where + name + " is given twice");
    } else if (before != null) {
      problems.add("%s%s and %s are the same option".formatted(where, before, name));
    }
    return before == null;
  }

  private void readWords(List<String> words) {
    OptSpec spec = schema.positional().orElse(null);
    if (words.isEmpty()) {
      return;
    }
    if (spec == null || (!spec.isList() && words.size() > 1)) {
      String extra = words.get(spec == null ? 0 : 1);
      problems.add("'" + extra + "': unexpected; an option is given as --name value");
    } else {
      settings.put(spec, new Setting(FLAG, String.join(" ", words), words));
    }
  }

  private Bound<R> finish() throws UsageException {
    Map<OptSpec, Object> values = new LinkedHashMap<>();
    for (OptSpec spec : schema.options()) {
      Object value = value(spec);
      if (value != null) {
        values.put(spec, value);
      }
    }
    Set<String> unread = unread(values);
    R options = schema.build(values::get, problems);
    if (!problems.isEmpty() || options == null) {
      throw new UsageException(problems);
    }
    Map<String, String> origins = new LinkedHashMap<>();
    settings.forEach((spec, setting) -> origins.put(spec.key(), setting.origin()));
    return new Bound<>(schema, options, origins, unread);
  }

  /// The keys that are read nowhere in this call; to give one is a problem.
  private Set<String> unread(Map<OptSpec, Object> values) {
    Set<String> unread = new HashSet<>();
    for (OptSpec spec : schema.options()) {
      for (Condition condition : spec.conditions()) {
        if (!condition.holds(schema, values::get)
            && unread.add(spec.key())
            && isSaid(spec, values)) {
          problems.add(
              Objects.requireNonNull(settings.get(spec)).where()
                  + (condition.isNever()
                      ? " is not used by this command"
                      : " is used with %s, %s"
                          .formatted(condition, condition.obstacle(schema, values::get))));
        }
      }
    }
    return unread;
  }

  /// Whether someone meant something by it: a resolved config, which a run writes and resumes, has
  /// every key, those with the default's value too.
  private boolean isSaid(OptSpec spec, Map<OptSpec, Object> values) {
    Setting setting = settings.get(spec);
    return setting != null
        && values.containsKey(spec)
        && (setting.origin().equals(FLAG) || !Objects.equals(values.get(spec), spec.absent()));
  }

  private @Nullable Object value(OptSpec spec) {
    if (spoiled.contains(spec)) {
      return null;
    }
    Setting setting = settings.get(spec);
    if (setting == null) {
      if (spec.required()) {
        String name = spec.positional() ? spec.placeholder() : "--" + spec.key();
        problems.add(name + " is required: " + spec.help());
      }
      return spec.absent();
    }
    if (setting.texts() == null) {
      return nothing(spec, setting);
    }
    try {
      return spec.parse(setting.texts());
    } catch (IllegalArgumentException e) {
      problems.add(setting.where() + ": " + e.getMessage());
      return null;
    }
  }

  private @Nullable Object nothing(OptSpec spec, Setting setting) {
    Object empty = spec.empty();
    if (empty == null) {
      problems.add(setting.where() + ": expected a value");
    }
    return empty;
  }
}
