package dev.gavel.cli;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.train.config.Bound;
import dev.gavel.train.config.Opt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
              "gavel doctor --device cuda --full true --output_dir reports"),
          Doctor::run);

  record Options(
      @Opt(value = "device to look at: auto, cpu, cuda or cuda:N", def = "auto") String device,
      @Opt(value = "threads of the CPU; all cores when absent", range = "[1, 4096]")
          Optional<Integer> threads,
      @Opt(
              value =
                  "run every op, forward and backward, and whole models on that device against the reference",
              def = "false")
          boolean full,
      @Opt(
              value =
                  "folder for the report, in Markdown and JSON; when absent one is written for a GPU alone, to cuda-kernels/reports where that is, else here",
              with = "full=true")
          Optional<Path> outputDir) {
    Options {
      Devices.requireName(device);
    }

    /// Where the report goes, if it is written at all.
    Optional<Path> reports(String device) {
      Path tree = Path.of("cuda-kernels", "reports");
      return outputDir.isPresent() || device.equals("cpu")
          ? outputDir
          : Optional.of(Files.isDirectory(tree) ? tree : Path.of(""));
    }

    int threadCount() {
      return threads.orElse(Runtime.getRuntime().availableProcessors());
    }
  }

  private Doctor() {}

  private static Exit run(Bound<Options> bound, Console console) throws IOException {
    Options options = bound.options();
    String machine = Machine.describe() + "\n" + Backends.describe();
    console.print(machine);
    Devices.Choice choice =
        Devices.choose(options.device(), Optional.empty()); // refused: with the reasons above
    console.print(
        "\n--device %s: %s, %d threads\n"
            .formatted(options.device(), choice.provider().name(), options.threadCount()));
    if (!options.full()) {
      return Exit.DONE;
    }
    return checkAll(options, choice, machine, console);
  }

  /// Every op, then whole models; a part that fails does not end the others.
  private static Exit checkAll(
      Options options, Devices.Choice choice, String machine, Console console) throws IOException {
    DoctorReport report = new DoctorReport(choice.provider().name(), console);
    report.part(
        "ops",
        () -> {
          try (Device device = choice.open(options.threadCount())) {
            report.device(device.name());
            ops(device, choice.provider().types(), report);
          }
        });
    new DoctorModels(report, choice, options.threadCount()).run();
    Optional<Path> folder = options.reports(choice.provider().device());
    if (folder.isPresent()) {
      console.err().println(report.write(folder.get(), machine));
    }
    return end(report, console);
  }

  /// Runs every op in some types and prints what came of it.
  static Exit check(Device device, List<DType> types, Console console) throws IOException {
    DoctorReport report = new DoctorReport(device.name(), console);
    ops(device, types, report);
    return end(report, console);
  }

  private static void ops(Device device, List<DType> types, DoctorReport report)
      throws IOException {
    DoctorTable table = new DoctorTable();
    report.print("\nEvery op on " + device.name() + " against the reference loops in double\n\n");
    report.print(table.run(device, types));
    report.fail(table.failures());
  }

  private static Exit end(DoctorReport report, Console console) {
    List<String> failures = report.failures();
    if (failures.isEmpty()) {
      return Exit.DONE;
    }
    console.err().printf("gavel doctor: %d cases fail on %s%n", failures.size(), report.device());
    failures.forEach(f -> console.err().println("  " + f));
    return Exit.FAILED;
  }
}
