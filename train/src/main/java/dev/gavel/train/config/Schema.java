package dev.gavel.train.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The options of a record: its own and those of the records it contains, one flat set of keys.
///
/// A module that keeps such records in a package it does not export opens it to `dev.gavel.train`.
public final class Schema<R extends Record> {
  /// Flags of every command; no option may be called so.
  public static final List<String> RESERVED = List.of("config", "print_config", "help");

  private static final String OWN_GROUP = "Options";

  private final Class<R> type;
  private final Family family;
  private final List<Slot> slots = new ArrayList<>();
  private final Map<String, OptSpec> byName = new LinkedHashMap<>();

  /// A component: an option, or a record of options.
  private record Slot(Method accessor, @Nullable OptSpec option, @Nullable Schema<?> group) {}

  /// What the names of the options begin with, and the components that are declared elsewhere.
  private record Family(String prefix, Map<String, RecordComponent> shared) {
    static final Family NONE = new Family("", Map.of());
  }

  /// What the components that hold a group say of its options, by key.
  private record Outer(Map<String, String> defaults, Map<String, List<String>> with) {
    static final Outer NONE = new Outer(Map.of(), Map.of());

    /// Adds what a component's annotations say.
    Outer with(RecordComponent component) {
      Map<String, String> defaults = new LinkedHashMap<>(this.defaults);
      Defaults others = component.getAnnotation(Defaults.class);
      String all = others == null ? "" : String.join(",", others.value());
      for (String entry : all.isEmpty() ? new String[0] : all.split(",")) {
        int equals = entry.indexOf('=');
        defaults.putIfAbsent( // the outermost word counts
            entry.substring(0, equals), entry.substring(equals + 1));
      }
      Map<String, List<String>> with = new LinkedHashMap<>(this.with);
      With more = component.getAnnotation(With.class);
      for (String entry : more == null ? new String[0] : more.value()) {
        int colon = entry.indexOf(':');
        for (String key : entry.substring(0, colon).split(",")) {
          List<String> conditions = new ArrayList<>(with.getOrDefault(key.strip(), List.of()));
          conditions.add(entry.substring(colon + 1).strip());
          with.put(key.strip(), conditions);
        }
      }
      return new Outer(defaults, with);
    }

    Set<String> keys() {
      Set<String> keys = new LinkedHashSet<>(defaults.keySet());
      keys.addAll(with.keySet());
      return keys;
    }
  }

  private Schema(Class<R> type, Family family, String outerGroup, Outer outer) {
    this.type = type;
    this.family = family;
    OptGroup title = type.getAnnotation(OptGroup.class);
    String group = title == null ? outerGroup : title.value();
    for (RecordComponent component : type.getRecordComponents()) {
      slots.add(slot(component, group, outer));
    }
  }

  /// Reads the declarations.
  ///
  /// @throws IllegalStateException when one is wrong: a type that options cannot have, a default
  ///   out of its range, a name used twice, a condition on an option that there is not
  public static <R extends Record> Schema<R> of(Class<R> type) {
    Schema<R> schema = new Schema<>(type, Family.NONE, OWN_GROUP, Outer.NONE);
    RESERVED.forEach(schema::checkNotReserved);
    for (OptSpec option : schema.options()) {
      option.conditions().forEach(c -> c.requireFits(schema, option.key()));
    }
    return schema;
  }

  /// Reads the declarations of one of several records that share options.
  ///
  /// @param prefix what the names of the record's own options begin with: `loss.`
  /// @param shared declares the options, without prefix, of the components that have the name of
  ///   one of its own and no [Opt]
  /// @throws IllegalStateException when one is wrong
  public static <R extends Record> Schema<R> of(
      Class<R> type, String prefix, Class<? extends Record> shared) {
    Map<String, RecordComponent> byName = new LinkedHashMap<>();
    for (RecordComponent component : shared.getRecordComponents()) {
      byName.put(component.getName(), component);
    }
    return new Schema<>(type, new Family(prefix, byName), OWN_GROUP, Outer.NONE);
  }

  private Slot slot(RecordComponent component, String group, Outer outer) {
    Method accessor = component.getAccessor();
    accessor.setAccessible(true);
    if (component.getType().isRecord()) {
      Outer all = outer.with(component);
      Schema<?> inner =
          new Schema<>(component.getType().asSubclass(Record.class), family, group, all);
      for (String key : Outer.NONE.with(component).keys()) {
        if (!inner.byName.containsKey(key)) {
          throw new IllegalStateException(
              component + ": its annotation names '" + key + "', which its group does not have");
        }
      }
      inner.byName.forEach(this::register);
      return new Slot(accessor, null, inner);
    }
    OptSpec spec = declared(component, group, outer);
    register(spec.key(), spec);
    spec.aliases().forEach(alias -> register(alias, spec));
    return new Slot(accessor, spec, null);
  }

  private OptSpec declared(RecordComponent component, String group, Outer outer) {
    String key = OptSpec.keyOf(component);
    String otherDefault = outer.defaults().get(key);
    List<String> with = outer.with().getOrDefault(key, List.of());
    RecordComponent shared = family.shared().get(component.getName());
    if (shared == null || component.getAnnotation(Opt.class) != null) {
      return OptSpec.of(component, family.prefix(), group, otherDefault, with);
    }
    String found = component.getGenericType().getTypeName();
    String expected = shared.getGenericType().getTypeName();
    if (!found.equals(expected)) {
      throw new IllegalStateException(
          "%s.%s is of type %s, expected %s"
              .formatted(type.getSimpleName(), component.getName(), found, expected));
    }
    return OptSpec.of(shared, "", group, otherDefault, with);
  }

  private void register(String name, OptSpec spec) {
    OptSpec other = byName.put(name, spec);
    if (other != null) {
      throw new IllegalStateException(type.getName() + " has two options named " + name);
    }
  }

  private void checkNotReserved(String name) {
    OptSpec spec = byName.get(name);
    if (spec != null && !spec.takesReserved()) {
      throw new IllegalStateException(
          type.getName() + ": --" + name + " is a flag of every command");
    }
  }

  /// The record, in messages.
  String name() {
    return type.getSimpleName();
  }

  /// In the order of declaration.
  public List<OptSpec> options() {
    return byName.values().stream().distinct().toList();
  }

  /// Keys and aliases.
  public List<String> names() {
    return List.copyOf(byName.keySet());
  }

  /// By key or alias, or by the prefix of one that takes any name.
  public Optional<OptSpec> find(String name) {
    OptSpec spec = byName.get(name);
    return spec != null && !spec.isMap()
        ? Optional.of(spec)
        : options().stream()
            .filter(o -> o.isMap() && name.startsWith(o.prefix()) && !name.equals(o.prefix()))
            .findFirst();
  }

  /// The option that takes words without a flag.
  public Optional<OptSpec> positional() {
    return options().stream().filter(OptSpec::positional).findFirst();
  }

  /// Every option with its value, in order: what `--config` reads back to an equal record.
  public ObjectNode json(R value) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    write(value, json);
    return json;
  }

  private void write(Object record, ObjectNode json) {
    for (Slot slot : slots) {
      Object value = read(slot.accessor(), record);
      if (slot.group() != null) {
        slot.group().write(value, json);
      } else if (slot.option() != null && slot.option().isMap()) {
        String prefix = slot.option().prefix();
        ((Map<?, ?>) value).forEach((name, text) -> json.put(prefix + name, text.toString()));
      } else if (slot.option() != null) {
        json.set(slot.option().key(), slot.option().json(value));
      }
    }
  }

  private static Object read(Method accessor, Object record) {
    try {
      return accessor.invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(accessor + " of an options record failed", e);
    }
  }

  /// Makes the record, groups first. A component without a usable value makes its record, and those
  /// around it, unusable; the others are still made, so that all their complaints are heard.
  ///
  /// @param values the component's value, or null when it is missing or wrong
  /// @param problems receives what the constructors refuse
  @Nullable R build(Function<OptSpec, @Nullable Object> values, List<String> problems) {
    Object[] arguments = new Object[slots.size()];
    boolean whole = true;
    for (int i = 0; i < arguments.length; i++) {
      Slot slot = slots.get(i);
      @Nullable Object value =
          slot.group() != null
              ? slot.group().build(values, problems)
              : values.apply(Objects.requireNonNull(slot.option()));
      whole &= value != null;
      arguments[i] = value;
    }
    return whole ? construct(arguments, problems) : null;
  }

  private @Nullable R construct(@Nullable Object[] arguments, List<String> problems) {
    try {
      Class<?>[] types =
          Arrays.stream(type.getRecordComponents())
              .map(RecordComponent::getType)
              .toArray(Class<?>[]::new);
      Constructor<R> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException refused) {
        problems.add(String.valueOf(refused.getMessage()));
        return null;
      }
      throw new IllegalStateException(type.getName() + " failed on its values", e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be made", e);
    }
  }
}
