package dev.gavel.train.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What was typed, before anyone asked whether it makes sense.
///
/// @param flags in their order; names without dashes, known or not
/// @param words what belongs to no flag
/// @param config the file of `--config`
public record Call(List<Flag> flags, List<String> words, Optional<Path> config) {
  public Call {
    flags = List.copyOf(flags);
    words = List.copyOf(words);
  }

  /// @param name as typed, without the two dashes in front
  /// @param values empty when none was given
  public record Flag(String name, List<String> values) {}
}
