package dev.gavel.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// The title under which `--help` shows the options of a record.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface OptGroup {
  String value();
}
