package dev.gavel.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Where options of a shared group are read, on the component that holds the group: `@With("order,
/// seed: method=cot,genrm") PairJudging judging`. Names, a colon, and a condition as in [Opt#with],
/// which must hold besides the option's own; `never` instead of one: the command reads it nowhere.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface With {
  String[] value();
}
