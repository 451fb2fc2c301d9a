package dev.gavel.bench.gpu;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.tensor.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What was found so far, and the two files that say it.
final class ReportFile {
  final LocalDate date = LocalDate.now();
  final String device;
  final int capability;
  final int multiprocessors;
  final List<StepRate> train = new ArrayList<>();
  final Map<Integer, StepRate> decode = new TreeMap<>();
  final List<TorchRates.Answer> torch = new ArrayList<>();
  final List<String> notes = new ArrayList<>();
  Rate copy = new Rate("copy", 1, 0, 0);
  KernelRates.@Nullable Found kernels;

  private final Path folder;

  ReportFile(CudaContext context, Path folder) {
    this.folder = folder;
    device = context.name();
    capability = context.capability();
    multiprocessors = context.multiprocessors();
  }

  void copy(Rate rate) {
    copy = rate;
  }

  void train(StepRate rate) throws IOException {
    train.add(rate);
    write();
  }

  void decode(int samples, StepRate rate) {
    decode.put(samples, rate);
  }

  void torch(TorchRates.Answer answer) throws IOException {
    torch.add(answer);
    write();
  }

  void kernels(KernelRates.Found found) {
    kernels = found;
  }

  void note(String text) {
    notes.add(text);
  }

  private String stem() {
    return date + "-" + device.toLowerCase(Locale.ROOT).replaceAll("\\W+", "-") + "-bench";
  }

  Path markdownPath() {
    return folder.resolve(stem() + ".md");
  }

  /// Writes all that is known.
  void write() throws IOException {
    Files.createDirectories(folder.toAbsolutePath());
    AtomicFiles.writeString(markdownPath(), new ReportPage(this).markdown());
    AtomicFiles.writeString(folder.resolve(stem() + ".json"), new ReportJson(this).text());
  }
}
