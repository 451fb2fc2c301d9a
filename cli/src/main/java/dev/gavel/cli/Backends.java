package dev.gavel.cli;

import dev.gavel.tensor.Devices;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;

/// The backends as `gavel doctor` tells of them.
final class Backends {
  private Backends() {}

  /// Each with what its probe says; the preferred ones first.
  static String describe() {
    Fields fields = new Fields();
    for (BackendProvider p : Devices.providers()) {
      String on = " (" + p.device() + "): ";
      switch (p.probe()) {
        case Probe.Usable(String description) -> {
          fields.add("backend", p.name() + on + "usable: " + description);
          p.facts().forEach((name, value) -> fields.add("", name + ": " + value));
        }
        case Probe.Unusable(String reason, String remedy) -> {
          fields.add("backend", p.name() + on + "not usable: " + reason);
          fields.add("", "remedy: " + remedy);
        }
      }
    }
    return fields.toString();
  }
}
