package dev.gavel.cuda.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.cuda.emulator.EmulatedKernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every `.cu` has a contract, a launcher, a test and a bench, and no kernel that nobody launches.
/// The last class to run: by then the tests have launched what there is.
@Order(Integer.MAX_VALUE)
class KernelLayoutTest {
  private static final Path LAUNCHERS =
      KernelSource.MODULE.resolve("src/main/java/dev/gavel/cuda/kernels");
  private static final Path TESTS =
      KernelSource.MODULE.resolve("src/test/java/dev/gavel/cuda/kernels");
  private static final Path BENCHES =
      KernelSource.MODULE.resolveSibling("bench/src/main/java/dev/gavel/bench/kernel");

  /// What the comment at the top must say, and the words that show it.
  private static final List<Clause> CLAUSES =
      List.of(
          new Clause("a formula, on an indented line", "(?m)^ {3,}\\S.*=.*$"),
          new Clause("what is read", "(?i)\\breads?\\b"),
          new Clause(
              "whether outputs are overwritten or added to",
              "(?i)overwrit|\\badds? to\\b|accumulat|in place"),
          new Clause("which alignment is needed", "(?i)\\balign"),
          new Clause("the command that tests it", "(?m)^ test\\b.*-Dtest=\\w+KernelTest\\b"),
          new Clause("the command that benches it", "(?m)^ bench\\b.*\\b\\w+KernelBench\\b"));

  private static final Pattern TEST = Pattern.compile("-Dtest=(\\w+)KernelTest\\b");
  private static final Pattern BENCH = Pattern.compile("\\b(\\w+KernelBench)\\b");

  private record Clause(String what, String pattern) {
    boolean standsIn(String contract) {
      return Pattern.compile(pattern).matcher(contract).find();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyKernelFile() throws IOException {
    return KernelSource.all().stream()
        .map(source ->
            DynamicTest.dynamicTest(source.stem(), () -> assertThat(missing(source)).isEmpty()));
  }

  private static List<String> missing(KernelSource source) throws IOException {
    String contract = source.contract();
    List<String> missing = new ArrayList<>();
    for (Clause c : CLAUSES) {
      if (!c.standsIn(contract)) {
        missing.add("the comment at the top does not say " + c.what() + " (README.md, A kernel)");
      }
    }
    Matcher test = TEST.matcher(contract);
    if (test.find()) {
      String launcher = test.group(1) + "Kernel";
      require(LAUNCHERS.resolve(launcher + ".java"), "\"" + source.stem(), missing);
      require(TESTS.resolve(launcher + "Test.java"), launcher, missing);
      Matcher bench = BENCH.matcher(contract);
      if (bench.find()) {
        require(BENCHES.resolve(bench.group(1) + ".java"), launcher, missing);
      }
    }
    return missing;
  }

  private static void require(Path file, String mentions, List<String> missing) throws IOException {
    if (!Files.exists(file)) {
      missing.add(file.getFileName() + " is missing");
    } else if (!Files.readString(file).contains(mentions)) {
      missing.add(file.getFileName() + " does not mention " + mentions);
    }
  }

  @Test
  void everyExportedKernelIsInThePtx() throws IOException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    for (KernelSource source : KernelSource.all()) {
      for (Path ptx : source.ptx()) {
        assertThat(PtxTest.entries(ptx))
            .as("kernels of %s, exported and in %s", source.stem(), ptx.getFileName())
            .containsExactlyInAnyOrderElementsOf(
                EmulatedKernels.exported().getOrDefault(source.stem(), new TreeSet<>()));
      }
    }
  }

  @Test
  void everyKernelIsLaunched() throws IOException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    assumeTrue(
        EmulatorTest.ran().containsAll(kernelTests()), "only where all tests of kernels have run");
    TreeSet<String> idle = new TreeSet<>();
    EmulatedKernels.exported().values().forEach(idle::addAll);
    idle.removeAll(EmulatedKernels.launched());
    assertThat(idle).as("kernels that no test of a launcher launches").isEmpty();
  }

  private static List<String> kernelTests() throws IOException {
    if (!Files.isDirectory(TESTS)) {
      return List.of();
    }
    try (var files = Files.list(TESTS)) {
      return files
          .map(f -> f.getFileName().toString().replaceFirst("\\.java$", ""))
          .filter(n -> n.endsWith("KernelTest"))
          .toList();
    }
  }
}
