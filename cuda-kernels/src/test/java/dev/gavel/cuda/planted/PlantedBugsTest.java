package dev.gavel.cuda.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.EmulatorTest;
import dev.gavel.cuda.source.KernelSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Every mistake of `planted.txt` is noticed by the tests of its kernel: in the natural order of
/// threads, or in one of three random ones. `-Dgavel.planted=STEM,STEM` tries some kernels only.
class PlantedBugsTest {
  private static final Path SIMT = KernelSources.module().resolve("src/test/simt");
  private static final Path BUILT = KernelSources.module().resolve("target/simt");
  private static final Path WORK = KernelSources.module().resolve("target/planted");
  private static final int AT_ONCE = 2;

  /// The natural order first.
  private static final int[] ORDERS = {0, 1, 2, 3};

  @Test
  void everyKernelHasTwo() throws IOException {
    List<PlantedBug> bugs = PlantedBug.read(SIMT.resolve("planted.txt"));
    List<String> few =
        KernelSources.stems().stream()
            .filter(s -> bugs.stream().filter(b -> b.stem().equals(s)).count() < 2)
            .toList();
    assertThat(few).as("kernels with fewer than two planted bugs in planted.txt").isEmpty();
  }

  @Test
  void canAllBePlanted() throws IOException {
    List<String> problems = new ArrayList<>();
    for (PlantedBug bug : PlantedBug.read(SIMT.resolve("planted.txt"))) {
      Path folder = Files.createTempDirectory("gavel-planted");
      try {
        KernelSources.copyTo(folder);
        bug.plant(folder);
      } catch (IllegalArgumentException e) {
        problems.add(bug.stem() + ": " + bug.what() + ": " + e.getMessage());
      } finally {
        KernelSources.delete(folder);
      }
    }
    assertThat(problems).as("planted.txt and the sources do not fit").isEmpty();
  }

  @Tag("slow")
  @TestFactory
  Stream<DynamicTest> areNoticed() throws IOException {
    assumeTrue(EmulatorTest.emulatorIsBuilt(), "no emulated driver: the build could not make it");
    List<PlantedBug> bugs = wanted();
    KernelSources.delete(WORK);
    ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE);
    List<DynamicTest> tests = new ArrayList<>();
    for (String test : bugs.stream().map(b -> KernelSources.test(b.stem())).distinct().toList()) {
      tests.add(later(workers, test + " without a bug", () -> passes(test)));
    }
    for (int i = 0; i < bugs.size(); i++) {
      PlantedBug bug = bugs.get(i);
      Path folder = WORK.resolve("%03d-%s".formatted(i, bug.stem()));
      tests.add(later(workers, bug.stem() + ": " + bug.what(), () -> notice(bug, folder)));
    }
    workers.shutdown();
    return tests.stream();
  }

  private static List<PlantedBug> wanted() throws IOException {
    List<String> stems = Arrays.asList(System.getProperty("gavel.planted", "").split(",", -1));
    return PlantedBug.read(SIMT.resolve("planted.txt")).stream()
        .filter(b -> stems.contains(b.stem()) || stems.equals(List.of("")))
        .toList();
  }

  private static DynamicTest later(ExecutorService workers, String name, Callable<String> work) {
    Future<String> answer = workers.submit(work);
    return DynamicTest.dynamicTest(
        name, () -> System.err.println("planted: " + name + " | " + answer.get()));
  }

  private static String passes(String test) throws IOException, InterruptedException {
    Trial.Outcome outcome = Trial.run(BUILT, test, 0);
    assertThat(outcome.passed()).as(outcome.output()).isTrue();
    return "passes";
  }

  /// What was said; fails when nothing was, or something else.
  private static String notice(PlantedBug bug, Path folder)
      throws IOException, InterruptedException {
    Path sources = folder.resolve("cuda");
    KernelSources.copyTo(sources);
    bug.plant(sources);
    Trial.Outcome built =
        Trial.run(
            List.of(
                "bash",
                SIMT.resolve("build.sh").toString(),
                folder.toString(),
                "--variant",
                BUILT.toString(),
                sources.toString(),
                bug.stem()),
            Map.of());
    assertThat(built.passed()).as("it compiles: %s", built.output()).isTrue();
    for (int order : ORDERS) {
      Trial.Outcome outcome = Trial.run(folder, KernelSources.test(bug.stem()), order);
      if (!outcome.passed()) {
        assertThat(outcome.output()).contains(bug.notice());
        KernelSources.delete(folder);
        return (order == 0 ? "" : "order " + order + ": ") + outcome.complaint();
      }
    }
    throw new AssertionError("nobody noticed; the files are in " + folder);
  }
}
