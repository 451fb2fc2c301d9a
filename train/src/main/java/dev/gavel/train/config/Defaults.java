package dev.gavel.train.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Other defaults for options of a shared group, on the component that holds the group:
/// `@Defaults({"learning_rate=2e-5", "num_train_epochs=1"}) OptimOptions optim`. A text may hold
/// several, with commas.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Defaults {
  String[] value();
}
