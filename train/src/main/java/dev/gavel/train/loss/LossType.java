package dev.gavel.train.loss;

import dev.gavel.train.config.OptSpec;
import dev.gavel.train.config.Schema;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;

/// A loss by name.
///
/// @param name as `--loss_type` has it: TRL's, or that of a class
/// @param type the record
/// @param source paper and equation
/// @param formula in one line; m: margin of log-ratios, c and r: beta times the log-ratios, e:
///   label smoothing, ': per token
/// @param advice on `--beta`; may be empty
public record LossType(
    String name, Class<? extends Record> type, String source, String formula, String advice) {
  /// The options it declares: keys with the prefix `loss.`, beta and label_smoothing without.
  ///
  /// @throws IllegalStateException when they are declared wrongly
  public List<OptSpec> options() {
    return schema().options();
  }

  /// Whether `--beta` changes it.
  public boolean usesBeta() {
    return has("beta");
  }

  /// Whether `--label_smoothing` changes it.
  public boolean usesLabelSmoothing() {
    return has("labelSmoothing");
  }

  Schema<? extends Record> schema() {
    return Schema.of(type, LossTypes.PREFIX, LossSettings.class);
  }

  private boolean has(String component) {
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .anyMatch(component::equals);
  }
}
