package dev.gavel.cli;

import dev.gavel.llama.check.ModelCheck.Finding;
import dev.gavel.tensor.io.AtomicFiles;
import dev.gavel.tensor.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What the full check found, part by part; a part that breaks is a failure, and the others go on.
final class DoctorReport {
  private String device;
  private final Console console;
  private final StringBuilder text = new StringBuilder();
  private final List<String> failures = new ArrayList<>();
  private final ObjectNode json = Json.mapper().createObjectNode();
  private final ArrayNode parts;

  DoctorReport(String device, Console console) {
    this.device = device;
    this.console = console;
    json.put("date", LocalDate.now().toString()).put("device", device);
    parts = json.putArray("parts");
  }

  /// The device's full name, once it is open.
  void device(String name) {
    device = name;
    json.put("device", name);
  }

  String device() {
    return device;
  }

  interface Part {
    void run() throws IOException;
  }

  /// Runs a part and says how long it took.
  void part(String name, Part part) throws IOException {
    long start = System.nanoTime();
    int before = failures.size();
    print("\n" + name + "\n");
    try {
      part.run();
    } catch (RuntimeException | OutOfMemoryError e) {
      failures.add(name + ": " + e);
      print("  FAILED: " + e + "\n");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    print(String.format(Locale.ROOT, "  %.1f s\n", seconds));
    parts
        .addObject()
        .put("part", name)
        .put("seconds", seconds)
        .put("failures", failures.size() - before);
  }

  /// Text for people, on standard output at once.
  void print(String lines) throws IOException {
    text.append(lines);
    console.print(lines);
    console.out().flush();
  }

  void fail(List<String> cases) {
    failures.addAll(cases);
  }

  /// Comparisons, the largest of each group.
  void findings(String part, List<Finding> all) throws IOException {
    Map<String, Finding> worst = new LinkedHashMap<>();
    for (Finding f : all) {
      worst.merge(DoctorModels.group(f), f, (a, b) -> share(a) >= share(b) ? a : b);
      if (!f.fits()) {
        failures.add(
            String.format(
                Locale.ROOT,
                "%s: %s: error %.2e, allowed %.2e",
                part,
                f.what(),
                f.error(),
                f.allowed()));
      }
    }
    ArrayNode rows = json.withArray("comparisons");
    for (Map.Entry<String, Finding> e : worst.entrySet()) {
      Finding f = e.getValue();
      print(
          String.format(
              Locale.ROOT,
              "  %-52s error %.1e, allowed %.1e%s\n",
              e.getKey(),
              f.error(),
              f.allowed(),
              f.fits() ? "" : "  FAILED"));
      rows.addObject()
          .put("part", part)
          .put("what", e.getKey())
          .put("error", f.error())
          .put("allowed", f.allowed())
          .put("fits", f.fits());
    }
  }

  private static double share(Finding f) {
    return f.allowed() > 0 ? f.error() / f.allowed() : f.error() > 0 ? Double.MAX_VALUE : 0;
  }

  List<String> failures() {
    return List.copyOf(failures);
  }

  /// Writes `DATE-DEVICE-doctor.md` and `.json`.
  ///
  /// @param machine what is known of it, for people
  Path write(Path folder, String machine) throws IOException {
    failures.forEach(json.putArray("failures")::add);
    String stem =
        LocalDate.now()
            + "-"
            + device.toLowerCase(Locale.ROOT).replaceAll("\\W+", "-").replaceAll("-+$", "")
            + "-doctor";
    Files.createDirectories(folder.toAbsolutePath());
    AtomicFiles.writeString(folder.resolve(stem + ".json"), Json.writePretty(json) + "\n");
    Path page = folder.resolve(stem + ".md");
    AtomicFiles.writeString(page, markdown(machine));
    return page;
  }

  private String markdown(String machine) {
    StringBuilder page = new StringBuilder();
    page.append("# Does Gavel compute right on ").append(device).append("?\n\n");
    page.append("Made by `gavel doctor --full true` on ").append(LocalDate.now());
    page.append("; nothing here was typed. ");
    page.append(failures.isEmpty() ? "All fits.\n" : failures.size() + " cases fail:\n\n");
    failures.forEach(f -> page.append("* ").append(f).append('\n'));
    page.append("\n```\n").append(machine).append(text).append("```\n");
    return page.toString();
  }
}
