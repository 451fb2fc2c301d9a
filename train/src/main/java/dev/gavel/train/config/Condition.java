package dev.gavel.train.config;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Where an option is read: what other options of the call must say, as [Opt#with] has it.
///
/// @param alternatives one of them must hold; none: it is read nowhere
record Condition(List<Alternative> alternatives) {
  /// What [With] says of an option that a command has no use for.
  static final String NEVER = "never";

  /// What one other option must say.
  ///
  /// @param wanted whether it must have one of the values, or must have none of them
  /// @param values as one would type them; empty: any, so that it must be given, or must not
  private record Alternative(String key, boolean wanted, List<String> values) {
    /// `key`, `!key`, `key=x,y`, `key!=x,y`.
    static Alternative parse(String text) {
      String[] sides = text.strip().split("!?=", 2);
      boolean negated = sides.length == 1 ? text.startsWith("!") : text.contains("!=");
      List<String> values = sides.length == 1 ? List.of() : OptSpec.split(sides[1]);
      return new Alternative(sides[0].replaceFirst("^!", ""), !negated, values);
    }

    boolean holds(OptSpec spec, Object value) {
      List<Object> found = spec.elements(value);
      boolean any =
          values.isEmpty()
              ? !found.isEmpty()
              : values.stream().map(spec::parseElement).anyMatch(found::contains);
      return any == wanted;
    }

    @Override
    public String toString() {
      String all = String.join(", ", values);
      return wanted
          ? values.isEmpty() ? "--" + key : "--" + key + " " + all
          : values.isEmpty() ? "no --" + key : "a --" + key + " other than " + all;
    }
  }

  static Condition parse(String text) {
    return new Condition(
        text.equals(NEVER)
            ? List.of()
            : Arrays.stream(text.split(" or ")).map(Alternative::parse).toList());
  }

  boolean isNever() {
    return alternatives.isEmpty();
  }

  /// @throws IllegalStateException when it names an option that the schema does not have, or a
  ///   value that this one cannot have
  void requireFits(Schema<?> schema, String option) {
    for (Alternative a : alternatives) {
      String where = "%s.%s: its condition on '%s'".formatted(schema.name(), option, a.key());
      OptSpec spec =
          schema
              .find(a.key())
              .orElseThrow(() -> new IllegalStateException(where + " names no option"));
      try {
        a.values().forEach(spec::parseElement);
      } catch (IllegalArgumentException e) {
        throw new IllegalStateException(where + ": " + e.getMessage(), e);
      }
    }
  }

  /// @param values null for an option without a usable one: nothing is said of others because of it
  boolean holds(Schema<?> schema, Function<OptSpec, @Nullable Object> values) {
    return alternatives.stream()
        .anyMatch(a -> {
          OptSpec spec = schema.find(a.key()).orElseThrow();
          Object value = values.apply(spec);
          return value == null || a.holds(spec, value);
        });
  }

  /// What stands in the way: `but --mode is sft`.
  String obstacle(Schema<?> schema, Function<OptSpec, @Nullable Object> values) {
    return alternatives.stream()
        .map(Alternative::key)
        .distinct()
        .map(key -> {
          OptSpec spec = schema.find(key).orElseThrow();
          List<String> found = spec.texts(Objects.requireNonNull(values.apply(spec)));
          return found.isEmpty()
              ? "--" + key + " is not given"
              : "--" + key + " is " + String.join(", ", found);
        })
        .collect(Collectors.joining(" and ", "but ", ""));
  }

  /// For people: `--mode dpo, ipo or --rationalize wrong`.
  @Override
  public String toString() {
    return alternatives.stream().map(Alternative::toString).collect(Collectors.joining(" or "));
  }
}
