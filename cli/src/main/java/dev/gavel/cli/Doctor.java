package dev.gavel.cli;

import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// `gavel doctor`: what of this machine and this JVM Gavel can use, and whether it computes right.
final class Doctor {
  static final Command<Options> COMMAND =
      new Command<>(
          "doctor",
          Command.Group.MODELS,
          "what this machine offers; with --full true, whether it computes right",
          Options.class,
          List.of(
              "gavel doctor",
              "gavel doctor --full true",
              "gavel doctor --device cpu --threads 1 --full true"),
          Doctor::run);

  record Options(
      @Opt(value = "device to look at: auto, cpu, cuda or cuda:N", def = "auto") String device,
      @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
          Optional<Integer> threads,
      @Opt(
              value = "run every op, forward and backward, on that device against the reference",
              def = "false")
          boolean full) {
    Options {
      Devices.requireName(device);
    }

    int threadCount() {
      return threads.orElse(Runtime.getRuntime().availableProcessors());
    }
  }

  private Doctor() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options options = bound.options();
    console.print(Machine.describe() + "\n" + Backends.describe());
    Devices.Choice choice = Devices.choose(options.device(), Optional.empty()); // refused: with the reasons above
    console.print(
        "\n--device %s: %s, %d threads\n"
            .formatted(options.device(), choice.provider().name(), options.threadCount()));
    return options.full() ? check(options, choice, console) : Exit.DONE;
  }

  private static Exit check(Options options, Devices.Choice choice, Console console)
      throws IOException {
    DoctorTable table = new DoctorTable();
    String name;
    try (Device device = choice.open(options.threadCount())) {
      name = device.name();
      console.print("\nEvery op on " + name + " against the reference loops in double\n\n");
      console.print(table.run(device, choice.provider().types()));
    }
    if (table.failures().isEmpty()) {
      return Exit.DONE;
    }
    console.err().println("gavel doctor: %d cases fail on %s".formatted(table.failures().size(), name));
    table.failures().forEach(f -> console.err().println("  " + f));
    return Exit.FAILED;
  }
}
