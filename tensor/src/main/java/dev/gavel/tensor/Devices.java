package dev.gavel.tensor;

import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.regex.Pattern;

/// Finds backends and opens devices.
public final class Devices {
  private static final Pattern NAME = Pattern.compile("auto|cpu|cuda(:\\d{1,4})?");

  private Devices() {}

  /// All providers, the preferred ones first.
  public static List<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(BackendProvider::preference).reversed())
        .toList();
  }

  /// Opens a device.
  ///
  /// @param spec `auto`, `cpu`, `cuda`, `cuda:N`
  /// @param arithmetic f32 (bf16 on the CPU means weights at rest, arithmetic is f32), or f64: the
  ///   reference backend
  /// @throws IllegalArgumentException with the reason and the remedy where it cannot be used
  public static Device open(String spec, DType arithmetic, int threads) {
    if (arithmetic == DType.F64) {
      if (spec.startsWith("cuda")) {
        throw new IllegalArgumentException(
            "--dtype float64 runs the reference backend, on the CPU; use --device cpu");
      }
      return new Device(byName("reference").open(threads, 0), DType.F64);
    }
    return open(choose(spec), threads);
  }

  /// Opens what was chosen, for f32.
  public static Device open(Choice choice, int threads) {
    return new Device(choice.provider().open(threads, choice.ordinal()), DType.F32);
  }

  /// Refuses what is no device's name.
  public static void requireName(String spec) {
    if (!NAME.matcher(spec).matches()) {
      throw new IllegalArgumentException(
          "--device " + spec + ": expected auto, cpu, cuda or cuda:N");
    }
  }

  /// What a device's name stands for here.
  ///
  /// @param ordinal which device of its kind, from 0
  public record Choice(BackendProvider provider, int ordinal) {}

  /// The backend that [#open] would take for a name.
  ///
  /// @throws IllegalArgumentException with the reason and the remedy where there is none
  public static Choice choose(String spec) {
    requireName(spec);
    int colon = spec.indexOf(':');
    String kind = colon < 0 ? spec : spec.substring(0, colon);
    int ordinal = colon < 0 ? 0 : Integer.parseInt(spec.substring(colon + 1));
    List<BackendProvider> candidates =
        providers().stream().filter(p -> kind.equals("auto") || p.device().equals(kind)).toList();
    StringBuilder reasons = new StringBuilder();
    for (BackendProvider p : candidates) {
      switch (p.probe()) {
        case Probe.Usable _ -> {
          return new Choice(p, ordinal);
        }
        case Probe.Unusable(String reason, String remedy) ->
            reasons
                .append("; ")
                .append(p.name())
                .append(": ")
                .append(reason)
                .append("; ")
                .append(remedy);
      }
    }
    throw new IllegalArgumentException(
        "--device "
            + spec
            + ": not usable"
            + (reasons.isEmpty() ? ": no such backend here" : reasons));
  }

  /// The provider of that name.
  public static BackendProvider byName(String name) {
    List<BackendProvider> all = providers();
    return all.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no backend '"
                    + name
                    + "'; here are "
                    + all.stream().map(BackendProvider::name).toList()));
  }
}
