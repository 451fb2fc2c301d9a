package dev.gavel.cuda.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The committed PTX comes from the sources beside it, assembles for every architecture, and stays
/// within the registers that the source states.
class PtxTest {
  private static final List<String> ARCHES = List.of("sm_80", "sm_86", "sm_89", "sm_90");
  private static final Pattern ENTRY = Pattern.compile("\\.entry (\\w+)\\(");

  @Test
  void comesFromTheSources() throws IOException {
    List<String> wrong = new ArrayList<>();
    TreeSet<Path> wanted = new TreeSet<>();
    for (KernelSource source : KernelSource.all()) {
      String head = "// sources sha256 " + source.digest() + " ";
      wanted.addAll(source.ptx());
      for (Path ptx : source.ptx()) {
        if (!Files.exists(ptx) || !Files.readString(ptx).startsWith(head)) {
          wrong.add(
              ptx.getFileName() + " is missing or not of the present " + source.stem() + ".cu");
        }
      }
    }
    try (var files = Files.list(KernelSource.PTX)) {
      files
          .filter(f -> !wanted.contains(f))
          .forEach(f -> wrong.add(f.getFileName() + " has no source"));
    }
    assertThat(wrong).as("run cuda-kernels/tools/ptx.py").isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> assembles() throws IOException {
    return KernelSource.all().stream()
        .map(source -> DynamicTest.dynamicTest(source.stem(), () -> check(source)));
  }

  private static void check(KernelSource source) throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Path ptx : source.ptx()) {
      List<String> arches = ptx.toString().endsWith(".90a.ptx") ? List.of("sm_90a") : ARCHES;
      List<Assembler.Use> uses = new ArrayList<>();
      for (String arch : arches) {
        List<Assembler.Use> now = Assembler.assemble(ptx, arch);
        assertThat(now)
            .as("%s for %s", ptx.getFileName(), arch)
            .extracting(Assembler.Use::kernel)
            .containsExactlyInAnyOrderElementsOf(entries(ptx));
        uses.addAll(now);
      }
      for (String kernel : entries(ptx)) {
        problem(source, uses.stream().filter(u -> u.kernel().equals(kernel)).toList(), wrong);
      }
    }
    if (!wrong.isEmpty()) {
      fail(source.stem() + ".cu:\n" + String.join("\n", wrong));
    }
  }

  private static void problem(KernelSource source, List<Assembler.Use> uses, List<String> wrong) {
    String kernel = uses.getFirst().kernel();
    int registers = uses.stream().mapToInt(Assembler.Use::registers).max().orElseThrow();
    int frame = uses.stream().mapToInt(Assembler.Use::frame).max().orElseThrow();
    KernelSource.Limit limit =
        source.limits().stream().filter(l -> l.covers(kernel)).findFirst().orElse(null);
    if (limit == null) {
      wrong.add(
          "nothing is said about its registers; now: // registers " + kernel + " " + registers);
    } else if (registers > limit.registers()) {
      wrong.add(
          kernel + " takes " + registers + " registers, more than the stated " + limit.registers());
    }
    if (frame > (limit == null ? 0 : limit.spills())) {
      wrong.add(kernel + " has a stack frame of " + frame + " bytes: " + uses);
    }
  }

  static List<String> entries(Path ptx) throws IOException {
    List<String> names = new ArrayList<>();
    Matcher m = ENTRY.matcher(Files.readString(ptx));
    while (m.find()) {
      names.add(m.group(1));
    }
    return names;
  }
}
