package dev.gavel.cli;

import static dev.gavel.cli.InProcess.gavel;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gavel.cli.InProcess.Ended;
import dev.gavel.llama.check.ModelCheck;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.Device;
import dev.gavel.tensor.Devices;
import dev.gavel.tensor.op.Op;
import dev.gavel.tensor.op.OpCatalog;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.Probe;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorTest {
  @Test
  void tellsOfMachineJvmAndBackends() {
    Ended ended = gavel("", "doctor", "--threads", "3");
    assertThat(ended.code()).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out())
        .contains("JDK           " + System.getProperty("java.vm.name"))
        .contains("cores         " + Runtime.getRuntime().availableProcessors())
        .contains("memory        ", "JVM flags     ")
        .containsPattern("backend +reference \\(cpu\\): usable: plain loops in double");
    String chosen =
        Devices.providers().stream()
            .filter(p -> p.probe() instanceof Probe.Usable)
            .findFirst()
            .orElseThrow()
            .name();
    assertThat(ended.out()).endsWith("--device auto: %s, 3 threads\n".formatted(chosen));
  }

  @Test
  void runsEveryOp() {
    Ended ended = gavel("", "doctor", "--full", "true");
    assertThat(ended.code()).as(ended.err()).isZero();
    for (Op op : OpCatalog.all()) {
      assertThat(ended.out()).containsPattern("(?m)^" + op.name() + " +f\\d+ ");
    }
    assertThat(ended.out())
        .contains(OpCatalog.cases().size() + " cases, forward and backward")
        .contains("a composition: none\n", "\nmodel with heads of 64, f32\n")
        .contains("five training steps: losses", "generation again, samples that differ");
  }

  @Test
  void aDeviceThatIsNotThereIsRefusedAfterTheProbes() {
    if (Devices.providers().stream().anyMatch(p -> p.device().equals("cuda"))) {
      System.err.println("SKIPPED: a device that is not there: this build has a CUDA backend");
      return;
    }
    Ended ended = gavel("", "doctor", "--device", "cuda");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).contains("backend       reference");
    assertThat(ended.err())
        .isEqualTo("gavel doctor: --device cuda: not usable: no such backend here\n");
  }

  @Test
  void whatIsNoDeviceIsWrongUsage() {
    Ended ended = gavel("", "doctor", "--device", "gpu");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("--device gpu: expected auto, cpu, cuda or cuda:N");
  }

  /// A backend in which one op is wrong and another is missing.
  @Test
  void failuresEndInExitCodeOneAndAreNamed() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Console console =
        new Console(
            InputStream.nullInputStream(),
            out,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Interrupt.never());
    try (Device device = Device.over(broken(), DType.F32)) {
      assertThat(Doctor.check(device, List.of(DType.F32), console)).isEqualTo(Exit.FAILED);
    }
    String table = out.toString(StandardCharsets.UTF_8);
    assertThat(table)
        .containsPattern("(?m)^swiGlu .* FAILED: [1-9]$")
        .containsPattern("(?m)^affine .* FAILED: [1-9]$")
        .containsPattern("(?m)^mul +f32 +7 +[^F]*$");
    assertThat(err.toString(StandardCharsets.UTF_8))
        .contains(" cases fail on broken\n")
        .contains("swiGlu [")
        .contains("UnsupportedOperationException: no swiGlu here")
        .containsPattern(
            "broken: affine.* forward: element \\d+ is .*, expected .*, allowed error");
  }

  /// A part that breaks is told, and the next one runs.
  @Test
  void theReportGoesOnAfterAPartThatBreaks(@TempDir Path dir) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Console console =
        new Console(
            InputStream.nullInputStream(),
            out,
            new PrintStream(OutputStream.nullOutputStream()),
            Interrupt.never());
    DoctorReport report = new DoctorReport("cuda (NVIDIA H200)", console);
    report.part(
        "one",
        () -> {
          throw new IllegalStateException("no memory");
        });
    report.part(
        "two",
        () -> report.findings("two", List.of(new ModelCheck.Finding("m: logits", 0.5, 0.25))));
    Path page = report.write(dir, "machine\n");
    assertThat(page.getFileName().toString()).endsWith("-cuda-nvidia-h200-doctor.md");
    assertThat(page)
        .content()
        .contains("2 cases fail", "one: java.lang.IllegalStateException: no memory")
        .contains("two: m: logits: error 5.00e-01, allowed 2.50e-01");
    Path json = dir.resolve(page.getFileName().toString().replace(".md", ".json"));
    assertThat(json).content().contains("\"fits\" : false");
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("FAILED");
  }

  private static Backend broken() {
    Backend good = Devices.byName("reference").open(1, 0);
    return (Backend)
        Proxy.newProxyInstance(
            DoctorTest.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (_, method, arguments) -> {
              Object[] changed = arguments;
              switch (method.getName()) {
                case "name" -> {
                  return "broken";
                }
                case "swiGlu" -> throw new UnsupportedOperationException("no swiGlu here");
                case "affine" -> changed[2] = (Double) changed[2] + 0.001;
                default -> {}
              }
              try {
                return method.invoke(good, changed);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }
}
