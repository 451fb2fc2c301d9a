package dev.gavel.train.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// How a text becomes one value of an option's type, and a value JSON.
sealed interface ValueType {
  /// @throws IllegalArgumentException with what was expected
  Object parse(String text);

  /// The value as it stands in a config file.
  JsonNode json(Object value);

  /// The placeholder in `--help`.
  String placeholder();

  /// The texts it accepts, where they can be listed.
  default List<String> choices() {
    return List.of();
  }

  /// The type of a component, or null where options cannot have it.
  static @Nullable ValueType of(Class<?> type, String[] choices) {
    if (type.isEnum()) {
      List<Enum<?>> constants = new ArrayList<>();
      for (Object constant : type.getEnumConstants()) {
        constants.add((Enum<?>) constant);
      }
      return new Choice(constants);
    }
    if (type == String.class) {
      return new Text(List.of(choices));
    }
    return Arrays.stream(Plain.values())
        .filter(p -> p.primitive == type || p.boxed == type)
        .findFirst()
        .orElse(null);
  }

  /// Types whose values need no list.
  enum Plain implements ValueType {
    INT(int.class, Integer.class, "N", "an integer of 32 bits") {
      @Override
      Object convert(String text) {
        return Integer.valueOf(text);
      }

      @Override
      public JsonNode json(Object value) {
        return JSON.numberNode((Integer) value);
      }
    },
    LONG(long.class, Long.class, "N", "an integer of 64 bits") {
      @Override
      Object convert(String text) {
        return Long.valueOf(text);
      }

      @Override
      public JsonNode json(Object value) {
        return JSON.numberNode((Long) value);
      }
    },
    DOUBLE(double.class, Double.class, "X", "a number") {
      @Override
      Object convert(String text) {
        double x = DECIMAL.matcher(text).matches() ? Double.parseDouble(text) : Double.NaN;
        if (!Double.isFinite(x)) {
          throw new IllegalArgumentException();
        }
        return x;
      }

      @Override
      public JsonNode json(Object value) {
        return JSON.numberNode((Double) value);
      }
    },
    BOOLEAN(boolean.class, Boolean.class, "true|false", "true or false") {
      @Override
      Object convert(String text) {
        return switch (text) {
          case "true" -> true;
          case "false" -> false;
          default -> throw new IllegalArgumentException();
        };
      }

      @Override
      public JsonNode json(Object value) {
        return JSON.booleanNode((Boolean) value);
      }
    },
    PATH(Path.class, Path.class, "PATH", "a path") {
      @Override
      Object convert(String text) {
        if (text.isEmpty()) {
          throw new InvalidPathException(text, "empty");
        }
        return Path.of(text);
      }

      @Override
      public JsonNode json(Object value) {
        return JSON.stringNode(value.toString());
      }
    };

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final Pattern DECIMAL =
        Pattern.compile("[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?");

    private final Class<?> primitive;
    private final Class<?> boxed;
    private final String placeholder;
    private final String expected;

    Plain(Class<?> primitive, Class<?> boxed, String placeholder, String expected) {
      this.primitive = primitive;
      this.boxed = boxed;
      this.placeholder = placeholder;
      this.expected = expected;
    }

    abstract Object convert(String text);

    @Override
    public Object parse(String text) {
      try {
        return convert(text);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("expected " + expected, e);
      }
    }

    @Override
    public String placeholder() {
      return placeholder;
    }
  }

  /// A text, free or one of a list.
  record Text(List<String> choices) implements ValueType {
    @Override
    public Object parse(String text) {
      if (!choices.isEmpty() && !choices.contains(text)) {
        throw new IllegalArgumentException("expected " + listed(choices));
      }
      return text;
    }

    @Override
    public JsonNode json(Object value) {
      return JsonNodeFactory.instance.stringNode((String) value);
    }

    @Override
    public String placeholder() {
      return choices.isEmpty() ? "TEXT" : String.join("|", choices);
    }
  }

  /// A constant of an enum.
  record Choice(List<Enum<?>> constants) implements ValueType {
    @Override
    public Object parse(String text) {
      for (Enum<?> constant : constants) {
        if (name(constant).equals(text)) {
          return constant;
        }
      }
      throw new IllegalArgumentException("expected " + listed(choices()));
    }

    @Override
    public JsonNode json(Object value) {
      return JsonNodeFactory.instance.stringNode(name((Enum<?>) value));
    }

    @Override
    public List<String> choices() {
      return constants.stream().map(Choice::name).toList();
    }

    @Override
    public String placeholder() {
      return String.join("|", choices());
    }

    private static String name(Enum<?> constant) {
      return constant.toString().toLowerCase(Locale.ROOT);
    }
  }

  /// `a, b or c`.
  private static String listed(List<String> names) {
    int last = names.size() - 1;
    return last == 0
        ? names.getFirst()
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
