package dev.gavel.train.loss;

import dev.gavel.train.config.Binder;
import dev.gavel.train.config.Call;
import dev.gavel.train.config.Nearest;
import dev.gavel.train.config.Schema;
import dev.gavel.train.config.UsageException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Makes the chosen losses of the options; gathers all that is wrong.
final class LossFactory {
  private final Map<String, String> given = new LinkedHashMap<>();
  private final Set<String> ownNames;
  private final Set<String> problems = new LinkedHashSet<>();
  private final Set<String> known = new TreeSet<>();

  /// @param own the options `loss.NAME` by NAME
  LossFactory(double beta, double labelSmoothing, Map<String, String> own) {
    given.put("beta", Double.toString(beta));
    given.put("label_smoothing", Double.toString(labelSmoothing));
    own.forEach((name, value) -> given.put(LossTypes.PREFIX + name, value));
    ownNames = own.keySet();
  }

  List<PreferenceLoss> make(List<LossType> types) throws UsageException {
    List<PreferenceLoss> losses = new ArrayList<>();
    for (LossType type : types) {
      try {
        losses.add((PreferenceLoss) make(type.schema()));
      } catch (UsageException e) {
        problems.addAll(e.problems());
      } catch (IllegalStateException e) {
        problems.add(
            "--loss_type %s: %s; of a loss only beta and labelSmoothing are declared elsewhere"
                .formatted(type.name(), e.getMessage()));
      }
    }
    checkOwn(types);
    if (!problems.isEmpty()) {
      throw new UsageException(List.copyOf(problems));
    }
    return losses;
  }

  private <R extends Record> R make(Schema<R> schema) throws UsageException {
    known.addAll(schema.names());
    List<Call.Flag> flags =
        given.entrySet().stream()
            .filter(e -> schema.find(e.getKey()).isPresent())
            .map(e -> new Call.Flag(e.getKey(), List.of(e.getValue())))
            .toList();
    return Binder.bind(schema, new Call(flags, List.of(), Optional.empty()), List.of()).options();
  }

  /// Each of the options of single losses must be one of a chosen loss.
  private void checkOwn(List<LossType> types) {
    List<String> names = known.stream().filter(n -> n.startsWith(LossTypes.PREFIX)).toList();
    for (String name : ownNames) {
      String key = LossTypes.PREFIX + name;
      if (!names.contains(key)) {
        String chosen = String.join(", ", types.stream().map(LossType::name).toList());
        problems.add(
            names.isEmpty()
                ? "--%s: loss type %s has no option of its own".formatted(key, chosen)
                : "--%s: no option of loss type %s; the nearest is --%s"
                    .formatted(key, chosen, Nearest.to(key, names)));
      }
    }
  }
}
