package dev.gavel.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// One option, declared on a record component: the single source of its flag, its key in a
/// `--config` file, its line in `--help` and its row in the reference page.
///
/// The key is the component's name in snake_case (`modelNameOrPath` is `--model_name_or_path`).
/// Types: `int`, `long`, `double`, `boolean`, `String`, `Path`, enums (their constants in lower
/// case, or what `toString` says), `Optional` and `List` of these. A component whose type is a
/// record is a group: its options belong to the same flat set of keys.
///
/// An option without default is required, unless it is an `Optional` or a `List` (empty).
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Opt {
  /// What it does, in one sentence without a full stop.
  String value();

  /// The default as one would type it; empty: none.
  String def() default "";

  /// The values a text may have; an enum knows its own.
  String[] choices() default {};

  /// The interval a number must lie in, as `[1, inf)` or `(0, 1]`.
  String range() default "";

  /// What a number counts: `tokens`, `seconds`.
  String unit() default "";

  /// The placeholder of the value in `--help`, where the type's (`N`, `TEXT`, `PATH`) says too
  /// little.
  String meta() default "";

  /// Where it is read; each must hold, else giving the option is an error. One says what another
  /// option of the command must be: `use_peft=true`, `mode=dpo,ipo` (one of these), `max_length!=0`
  /// (none of these), `rationales` (given), `!prompt` (not given); or one of several such,
  /// `mode=sft or rationalize=wrong`. See [With] for options of a shared group.
  String[] with() default {};

  /// Older or other names of the same option.
  String[] alias() default {};

  /// The key, where it is not the component's name (`default`, `loss.beta`).
  String key() default "";

  /// Takes the name of a flag that every command has otherwise (`gavel init --config`).
  boolean reserved() default false;

  /// Takes the words of the command line that belong to no flag (`gavel inspect PATH…`).
  boolean positional() default false;
}
