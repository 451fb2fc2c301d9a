package dev.gavel.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Entry point of the `gavel` command.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    run(Commands.ALL, args);
  }

  static void run(List<Command<?>> commands, String[] args) {
    // UTF-8 whatever the locale; and only results reach standard output, whoever else prints.
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    System.setErr(err);
    System.setOut(err);
    ResultStream out = new ResultStream(new FileOutputStream(FileDescriptor.out));
    Interrupt interrupt = Interrupt.ofProcess(err);
    Console console = new Console(System.in, out, err, interrupt);
    boolean debug = !System.getenv().getOrDefault("GAVEL_DEBUG", "").isEmpty();
    int code = new Gavel(commands, console, debug).run(List.of(args));
    interrupt.finished();
    System.exit(code);
  }
}
