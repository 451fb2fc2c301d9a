package dev.gavel.cli;

import java.lang.module.ModuleDescriptor;

/// What `gavel --version` says.
final class Version {
  private Version() {}

  /// `gavel 0.1.0 (JDK 25.0.3, Linux amd64)`.
  static String line() {
    ModuleDescriptor module = Version.class.getModule().getDescriptor();
    String version = module == null ? "?" : module.rawVersion().orElse("?");
    return "gavel %s (JDK %s, %s %s)"
        .formatted(
            version,
            Runtime.version(),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
  }
}
