package dev.gavel.train.config;

import java.util.List;

/// A call that cannot be carried out as typed, with everything that is wrong about it.
public final class UsageException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient List<String> problems;

  public UsageException(List<String> problems) {
    super(String.join("\n", problems));
    this.problems = List.copyOf(problems);
  }

  public UsageException(String problem) {
    this(List.of(problem));
  }

  /// One line each, at least one.
  public List<String> problems() {
    return problems;
  }
}
