package dev.gavel.cli;

import dev.gavel.tensor.DType;
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
    Devices.Choice choice =
        Devices.choose(options.device(), Optional.empty()); // refused: with the reasons above
    console.print(
        "\n--device %s: %s, %d threads\n"
            .formatted(options.device(), choice.provider().name(), options.threadCount()));
    if (!options.full()) {
      return Exit.DONE;
    }
    try (Device device = choice.open(options.threadCount())) {
      return check(device, choice.provider().types(), console);
    }
  }

  /// Runs every op in some types and prints what came of it.
  static Exit check(Device device, List<DType> types, Console console) throws IOException {
    DoctorTable table = new DoctorTable();
    console.print("\nEvery op on " + device.name() + " against the reference loops in double\n\n");
    console.print(table.run(device, types));
    if (table.failures().isEmpty()) {
      return Exit.DONE;
    }
    console
        .err()
        .printf("gavel doctor: %d cases fail on %s%n", table.failures().size(), device.name());
    table.failures().forEach(f -> console.err().println("  " + f));
    return Exit.FAILED;
  }
}
