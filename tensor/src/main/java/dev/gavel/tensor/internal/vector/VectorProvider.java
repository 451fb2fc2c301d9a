package dev.gavel.tensor.internal.vector;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Offers the CPU backend where the Vector API can be compiled well.
public final class VectorProvider implements BackendProvider {
  @Override
  public String name() {
    return "vector";
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public int preference() {
    return 10;
  }

  @Override
  public Probe probe() {
    String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    boolean tested = architecture.equals("amd64") || architecture.equals("x86_64");
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      return new Probe.Unusable(
          "the module jdk.incubator.vector is not in this Java run",
          "add --add-modules jdk.incubator.vector to the java command");
    }
    String jvm = System.getProperty("java.vm.info", "");
    if (jvm.contains("interpreted")) {
      return new Probe.Unusable(
          "the JVM interprets (-Xint)", "run without -Xint: the Vector API needs C2");
    }
    int bits = Lanes.L * 32;
    if (tested && bits >= 256) {
      return new Probe.Usable(
          bits == 512 ? "AVX-512, vectors of 512 bits" : "AVX2, vectors of 256 bits");
    }
    return new Probe.Usable(
        "vectors of %d bits on %s, untested: results are held on x86-64 with AVX2 or AVX-512"
            .formatted(bits, architecture));
  }

  @Override
  public List<DType> types() {
    return List.of(DType.F32);
  }

  @Override
  public Map<String, String> facts() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put(
        "matrix kernels",
        "%d x %d and %d x %d in registers"
            .formatted(Lanes.ROWS, Lanes.COLUMNS, Lanes.FEW_ROWS, Lanes.COLUMNS));
    facts.put("huge pages", HugePages.trial());
    return facts;
  }

  @Override
  public Backend open(int threads, int ordinal) {
    loadHeapSegments();
    return new VectorBackend(threads);
  }

  /// C2 compiles accesses to segments for the kinds that are loaded, and throws that away when
  /// another kind comes. This one comes with the first shuffle of a vector: too late for what a
  /// loading model has had compiled by then.
  private static void loadHeapSegments() {
    MemorySegment unused = MemorySegment.ofArray(new byte[0]);
  }
}
