package dev.gavel.tensor;

import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.ServiceLoader;
import java.util.StringJoiner;
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

  /// What will compute.
  ///
  /// @param ordinal which device of its kind
  /// @param arithmetic the type of activations
  public record Choice(BackendProvider provider, int ordinal, DType arithmetic) {
    public Device open(int threads) {
      return new Device(provider.open(threads, ordinal), arithmetic);
    }

    /// Bytes that are free in the device's own memory; empty where tensors live in the machine's.
    public OptionalLong freeMemory() {
      return provider.freeMemory(ordinal);
    }
  }

  /// Opens a device.
  ///
  /// @see #choose
  public static Device open(String spec, DType wanted, int threads) {
    return choose(spec, Optional.of(wanted)).open(threads);
  }

  /// Finds a device without opening it.
  ///
  /// @param spec `auto`, `cpu`, `cuda`, `cuda:N`
  /// @param wanted f32, bf16 (on the CPU that means weights at rest, arithmetic is f32), or f64:
  ///   the reference backend; empty: what the device likes best
  /// @throws IllegalArgumentException with the reason and the remedy where it cannot be used
  public static Choice choose(String spec, Optional<DType> wanted) {
    requireName(spec);
    int colon = spec.indexOf(':');
    String kind = colon < 0 ? spec : spec.substring(0, colon);
    if (wanted.equals(Optional.of(DType.F64))) {
      if (kind.equals("cuda")) {
        throw new IllegalArgumentException(
            "--dtype float64 runs the reference backend, on the CPU; use --device cpu");
      }
      return new Choice(byName("reference"), 0, DType.F64);
    }
    int ordinal = colon < 0 ? 0 : Integer.parseInt(spec.substring(colon + 1));
    StringJoiner reasons = new StringJoiner("; ");
    for (BackendProvider p : providers()) {
      if (!kind.equals("auto") && !p.device().equals(kind)) {
        continue;
      }
      switch (p.probe()) {
        case Probe.Usable _ -> {
          return new Choice(p, ordinal, arithmetic(p, wanted));
        }
        case Probe.Unusable(String reason, String remedy) ->
            reasons.add(p.name() + ": " + reason + "; " + remedy);
      }
    }
    throw new IllegalArgumentException(
        "--device %s: not usable: %s"
            .formatted(spec, reasons.length() == 0 ? "no such backend here" : reasons));
  }

  /// What was wanted if the backend computes in it by itself, else what it likes best.
  private static DType arithmetic(BackendProvider p, Optional<DType> wanted) {
    DType best = p.types().contains(DType.F64) ? DType.F32 : p.types().getFirst();
    return wanted.filter(p.types()::contains).orElse(best);
  }

  /// Refuses what is no device's name.
  public static void requireName(String spec) {
    if (!NAME.matcher(spec).matches()) {
      throw new IllegalArgumentException(
          "--device " + spec + ": expected auto, cpu, cuda or cuda:N");
    }
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
