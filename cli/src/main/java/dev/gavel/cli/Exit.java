package dev.gavel.cli;

/// How a command ends, as the process's exit code. (An interrupted one ends with 130, which the JVM
/// sees to; see [Interrupt].)
enum Exit {
  DONE(0),
  FAILED(1),
  USAGE(2);

  private final int code;

  Exit(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
