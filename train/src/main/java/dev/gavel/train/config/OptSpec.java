package dev.gavel.train.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// One option of a command, as its record component declares it with [Opt].
public final class OptSpec {
  private enum Arity {
    ONE,
    OPTIONAL,
    LIST,
    /// Any names after a prefix: `--loss.NAME`.
    MAP
  }

  private final Opt opt;
  private final String key;
  private final List<String> aliases;
  private final String group;
  private final Arity arity;
  private final ValueType type;
  private final @Nullable Range range;
  private final Optional<String> def;
  private final List<Condition> conditions;

  private OptSpec(
      Opt opt,
      String prefix,
      String key,
      String group,
      Arity arity,
      ValueType type,
      Optional<String> def,
      List<Condition> conditions) {
    this.opt = opt;
    this.key = prefix + key;
    this.aliases = Arrays.stream(opt.alias()).map(alias -> prefix + alias).toList();
    this.group = group;
    this.arity = arity;
    this.type = type;
    this.range = opt.range().isEmpty() ? null : Range.parse(opt.range());
    this.def = def;
    this.conditions = conditions;
  }

  /// @param prefix what its names begin with
  /// @param otherDefault what [Defaults] says instead of the annotation, or null
  /// @param with what [With] says besides it
  /// @throws IllegalStateException when the declaration is wrong
  static OptSpec of(
      RecordComponent component,
      String prefix,
      String group,
      @Nullable String otherDefault,
      List<String> with) {
    Opt opt = component.getAnnotation(Opt.class);
    String where = component.getDeclaringRecord().getSimpleName() + "." + component.getName();
    if (opt == null) {
      throw new IllegalStateException(where + " is neither annotated with @Opt nor a record");
    }
    Class<?> outer = component.getType();
    Arity arity = arity(outer);
    Class<?> inner =
        switch (arity) {
          case ONE -> outer;
          case MAP -> String.class;
          case OPTIONAL, LIST -> argument(component.getGenericType());
        };
    ValueType type = ValueType.of(inner, opt.choices());
    if (type == null) {
      throw new IllegalStateException(where + ": options cannot be of type " + inner.getName());
    }
    String typed = otherDefault != null ? otherDefault : opt.def();
    OptSpec spec =
        new OptSpec(
            opt,
            prefix,
            keyOf(component),
            group,
            arity,
            type,
            typed.isEmpty() ? Optional.empty() : Optional.of(typed),
            Stream.concat(Arrays.stream(opt.with()), with.stream()).map(Condition::parse).toList());
    spec.checkDefault(where);
    return spec;
  }

  private static Arity arity(Class<?> component) {
    return component == Optional.class
        ? Arity.OPTIONAL
        : component == List.class ? Arity.LIST : component == Map.class ? Arity.MAP : Arity.ONE;
  }

  static String keyOf(RecordComponent component) {
    Opt opt = component.getAnnotation(Opt.class);
    return opt == null || opt.key().isEmpty() ? snakeCase(component.getName()) : opt.key();
  }

  private static Class<?> argument(Type type) {
    Type argument = ((ParameterizedType) type).getActualTypeArguments()[0];
    if (argument instanceof Class<?> c) {
      return c;
    }
    throw new IllegalStateException("options cannot be of type " + type);
  }

  private static String snakeCase(String camelCase) {
    return camelCase.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  private void checkDefault(String where) {
    try {
      absent();
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(where + ": its default: " + e.getMessage(), e);
    }
  }

  /// The flag without its dashes, and the key in a file.
  public String key() {
    return key;
  }

  /// Other names it answers to.
  public List<String> aliases() {
    return aliases;
  }

  /// Whether it may have the name of a flag that every command has.
  boolean takesReserved() {
    return opt.reserved();
  }

  /// The title it stands under.
  public String group() {
    return group;
  }

  /// What it does.
  public String help() {
    return opt.value();
  }

  /// The default as one would type it.
  public Optional<String> def() {
    return def;
  }

  /// A call without it is wrong.
  public boolean required() {
    return arity == Arity.ONE && def.isEmpty();
  }

  /// It takes several values.
  public boolean isList() {
    return arity == Arity.LIST;
  }

  /// It takes any name after its prefix.
  boolean isMap() {
    return arity == Arity.MAP;
  }

  /// What stands before such a name: `loss.` of the key `loss.NAME`.
  String prefix() {
    return key.substring(0, key.lastIndexOf('.') + 1);
  }

  /// It is on or off; on the command line the bare flag means true.
  public boolean isSwitch() {
    return type == ValueType.Plain.BOOLEAN && arity != Arity.LIST;
  }

  /// It takes the words that belong to no flag.
  public boolean positional() {
    return opt.positional();
  }

  /// What stands for its value in usage texts: `N`, `PATH,…`, `float32|bfloat16`.
  public String placeholder() {
    String one = opt.meta().isEmpty() ? type.placeholder() : opt.meta();
    return isList() && !positional() ? one + ",…" : one;
  }

  /// Range and unit, for people: `at least 1, in tokens`; may be empty.
  public String limits() {
    List<String> parts = new ArrayList<>();
    if (range != null) {
      parts.add(range.describe());
    }
    if (!opt.unit().isEmpty()) {
      parts.add("in " + opt.unit());
    }
    return String.join(", ", parts);
  }

  /// Where it is read, by other options of the call; each must hold.
  List<Condition> conditions() {
    return conditions;
  }

  /// The command that it stands in reads it nowhere.
  public boolean isNever() {
    return conditions.stream().anyMatch(Condition::isNever);
  }

  /// Where it is read, for people: `used with --mode dpo, ipo`; empty: everywhere.
  public String usedWith() {
    return conditions.isEmpty()
        ? ""
        : conditions.stream()
            .map(Condition::toString)
            .collect(Collectors.joining("; and with ", "used with ", ""));
  }

  /// The component's value when nothing was given.
  @Nullable Object absent() {
    if (def.isPresent()) {
      return parse(isList() ? split(def.get()) : List.of(def.get()));
    }
    return empty();
  }

  /// The component's value when it has none; null where it must have one.
  @Nullable Object empty() {
    return switch (arity) {
      case ONE -> null;
      case OPTIONAL -> Optional.empty();
      case LIST -> List.of();
      case MAP -> Map.of();
    };
  }

  /// The component's value for the given texts.
  ///
  /// @param texts of a map names and values in turn
  /// @throws IllegalArgumentException with what was expected
  Object parse(List<String> texts) {
    if (arity == Arity.LIST) {
      return texts.stream().map(this::parseOne).toList();
    }
    if (arity == Arity.MAP) {
      Map<String, String> named = new TreeMap<>();
      for (int i = 0; i < texts.size(); i += 2) {
        named.put(texts.get(i), texts.get(i + 1));
      }
      return named;
    }
    if (texts.size() != 1) {
      throw new IllegalArgumentException("expected one value, found " + texts.size());
    }
    Object value = parseOne(texts.getFirst());
    return arity == Arity.OPTIONAL ? Optional.of(value) : value;
  }

  /// One value of it, whether it takes one or several.
  Object parseElement(String text) {
    return parseOne(text);
  }

  /// The values that a component's value holds: none, one or several.
  List<Object> elements(Object value) {
    return switch (arity) {
      case ONE -> List.of(value);
      case OPTIONAL -> List.copyOf(((Optional<?>) value).stream().toList());
      case LIST -> List.copyOf((List<?>) value);
      case MAP -> List.copyOf(((Map<?, ?>) value).keySet());
    };
  }

  /// The same as one would type them.
  List<String> texts(Object value) {
    return elements(value).stream()
        .map(v -> arity == Arity.MAP ? v.toString() : type.json(v).asString())
        .toList();
  }

  private Object parseOne(String text) {
    try {
      Object value = type.parse(text);
      if (range != null && value instanceof Number n && !range.contains(n.doubleValue())) {
        throw new IllegalArgumentException("must be " + range.describe());
      }
      return value;
    } catch (IllegalArgumentException e) {
      String element = isList() ? "'" + text + "': " : "";
      throw new IllegalArgumentException(element + e.getMessage(), e);
    }
  }

  /// The elements of a list typed with commas; `\,` is a comma inside an element.
  static List<String> split(String text) {
    List<String> elements = new ArrayList<>();
    StringBuilder element = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length() && text.charAt(i + 1) == ',') {
        element.append(',');
        i++;
      } else if (c == ',') {
        elements.add(element.toString());
        element.setLength(0);
      } else {
        element.append(c);
      }
    }
    elements.add(element.toString());
    return elements;
  }

  /// The component's value as it stands in a config file.
  JsonNode json(Object value) {
    return switch (arity) {
      case ONE -> type.json(value);
      case MAP -> throw new IllegalStateException("--" + key + " is no single value");
      case OPTIONAL ->
          ((Optional<?>) value).map(type::json).orElseGet(JsonNodeFactory.instance::nullNode);
      case LIST -> {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        ((List<?>) value).forEach(v -> array.add(type.json(v)));
        yield array;
      }
    };
  }
}
