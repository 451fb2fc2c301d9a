package dev.gavel.cli;

import dev.gavel.train.config.Bound;
import dev.gavel.train.demo.Demo;
import dev.gavel.train.demo.DemoOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// `gavel demo`: the paper in miniature, from nothing to a table.
final class DemoCommand {
  static final Command<DemoOptions> COMMAND =
      new Command<>(
          "demo",
          Command.Group.DEMO,
          "the paper in miniature: a little world, every method of the paper in it, and a page on what came out",
          DemoOptions.class,
          List.of(
              "gavel demo",
              "gavel demo --fast true --output_dir gavel-demo-fast",
              "gavel demo --seed 7 --bootstraps foreign,kin,weak,full --output_dir gavel-demo-7"),
          DemoCommand::run);

  private DemoCommand() {}

  private static Exit run(Bound<DemoOptions> bound, Console console) throws IOException {
    Optional<String> table;
    try (Interrupt.Hold hold = console.interrupt().hold()) {
      table = new Demo(bound.options(), console.err(), hold::requested).run();
    }
    if (table.isEmpty()) {
      console.err().println("gavel demo: stopped; the same command goes on from here");
      return Exit.FAILED; // the process itself ends with the signal's code
    }
    console.out().write(table.get().getBytes(StandardCharsets.UTF_8));
    return Exit.DONE;
  }
}
