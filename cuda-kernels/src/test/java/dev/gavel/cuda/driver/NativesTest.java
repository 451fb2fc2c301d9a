package dev.gavel.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.gavel.cuda.CudaProvider;
import dev.gavel.cuda.EmulatorTest;
import dev.gavel.tensor.spi.Probe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Loading, in processes of their own, since JCuda's classes initialise once.
class NativesTest extends EmulatorTest {
  private static final Path LIBRARIES = Path.of(System.getProperty("gavel.cuda.libs"));

  @TempDir private Path dir;

  /// What the processes run: opens the device, computes, says what was loaded.
  static final class Opens {
    private Opens() {}

    public static void main(String[] args) {
      System.out.println(new CudaProvider().probe());
      if (Natives.load() instanceof Natives.Loaded(String cublas)) {
        try (CudaContext context = CudaContext.open(0);
            CublasHandle handle = new CublasHandle(context)) {
          System.out.println("cuBLAS " + handle.version() + " of " + Path.of(cublas).getFileName());
        }
      }
    }
  }

  private Process start(Path libraries, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--add-modules=jdk.incubator.vector",
            "-Xshare:auto",
            "-Xmx200m",
            "-Dgavel.cuda.libs=" + libraries,
            "-Djava.io.tmpdir=" + dir));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath(), Opens.class.getName()));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String classPath() {
    String modules = System.getProperty("jdk.module.path", "");
    String classes = System.getProperty("java.class.path", "");
    // Surefire puts the tests' classes into the module by --patch-module, which is no property.
    String tests = Path.of("target", "test-classes").toAbsolutePath().toString();
    return String.join(java.io.File.pathSeparator, modules, classes, tests);
  }

  private static String output(Process p) throws IOException, InterruptedException {
    String text = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(text).isZero();
    return text;
  }

  /// Both unpack, whatever the other one does, and a file with the name that JCuda looks for is not
  /// taken.
  @Test
  void severalProcessesStartAtOnce() throws Exception {
    Path planted = dir.resolve("libJCudaDriver-12.6.0-linux-x86_64.so");
    Files.writeString(planted, "not a library");
    List<Process> all = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      all.add(start(LIBRARIES));
    }
    for (Process p : all) {
      assertThat(output(p)).contains("Usable[description=SIMT emulator").contains("cuBLAS 1");
    }
    try (var left = Files.list(dir)) {
      assertThat(left.filter(f -> !f.toString().contains("hsperf"))).containsExactly(planted);
    }
  }

  @Test
  void eitherCublasWillDo() throws Exception {
    for (String name : List.of("libcublas.so.12", "libcublas.so.13")) {
      Path folder = Files.createDirectory(dir.resolve(name));
      for (String file : List.of("libcuda.so.1", name)) {
        Files.createSymbolicLink(folder.resolve(file), LIBRARIES.resolve(file).toAbsolutePath());
      }
      assertThat(output(start(folder))).contains("of " + name);
    }
  }

  @Test
  void withoutADeviceTheProbeSaysWhatToDo() throws Exception {
    assumeFalse(Files.exists(Path.of("/dev/nvidiactl")), "this machine has a device");
    assertThat(output(start(dir)))
        .contains("Unusable[reason=no NVIDIA device here")
        .contains("--device cpu");
  }

  @Test
  void aDriverThatDoesNotLoadIsNamed() throws Exception {
    Files.writeString(dir.resolve("libcuda.so.1"), "not a library");
    assertThat(output(start(dir)))
        .contains("Unusable[reason=the NVIDIA driver's libcuda.so.1 does not load")
        .contains(dir.resolve("libcuda.so.1").toString());
  }

  @Test
  void theEmulatedDeviceIsUsable() {
    assertThat(new CudaProvider().probe())
        .isInstanceOfSatisfying(
            Probe.Usable.class,
            u -> assertThat(u.description()).startsWith("SIMT emulator, compute capability 9.0"));
  }

  @Test
  void namesOfDifferentLengthAreNotExchanged() {
    assertThatThrownBy(() -> ElfRetarget.retarget(new byte[64], "libcublas.so.12", "libx.so"))
        .hasMessageContaining("differ in length");
    assertThatThrownBy(() -> ElfRetarget.retarget(new byte[64], "a.so.1", "a.so.2"))
        .hasMessage("not an ELF64 file");
  }
}
