package dev.gavel.bench.peer;

import java.nio.file.Path;

/// Where `bench/peers/setup.sh` put other systems and models: `$GAVEL_PEERS`, else
/// `~/.cache/gavel-peers`.
public final class PeersFolder {
  private PeersFolder() {}

  public static Path path() {
    String named = System.getenv().getOrDefault("GAVEL_PEERS", "");
    return named.isEmpty()
        ? Path.of(System.getProperty("user.home"), ".cache", "gavel-peers")
        : Path.of(named);
  }
}
