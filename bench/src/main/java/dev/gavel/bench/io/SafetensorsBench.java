package dev.gavel.bench.io;

import dev.gavel.bench.Jvm;
import dev.gavel.bench.Load;
import dev.gavel.tensor.Shape;
import dev.gavel.tensor.io.SafetensorsDType;
import dev.gavel.tensor.io.SafetensorsFile;
import dev.gavel.tensor.io.SafetensorsWriter;
import dev.gavel.tensor.io.TensorInfo;
import dev.gavel.tensor.io.TensorSource;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// A safetensors file of 128 MB in 256 tensors of bf16: opening (which validates), reading it through
/// the page cache, writing it to disk. What is written is read back and compared before anything is
/// timed.
///
///     ./gavel bench SafetensorsBench
///
/// What to see: opening in well under a millisecond, however large the file; reading at the rate of
/// a copy of memory; writing at the disk's rate, as files are forced to it.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 3,
    jvmArgsPrepend = {Jvm.VECTOR, Jvm.NATIVE, Jvm.COLLECTOR, Jvm.QUIET})
@SuppressWarnings("NullAway.Init") // JMH fills the fields
public class SafetensorsBench {
  private static final int TENSORS = 256;
  private static final Shape SHAPE = Shape.of(512, 512);
  private static final long BYTES = 2L * 512 * 512;

  private Path folder;
  private Path file;
  private Arena arena;
  private MemorySegment buffer;
  private final List<TensorSource> sources = new ArrayList<>();

  @Setup
  public void setUp() throws IOException {
    folder = Files.createTempDirectory("gavel-bench");
    file = folder.resolve("model.safetensors");
    arena = Arena.ofShared();
    buffer = arena.allocate(BYTES, 64);
    MemorySegment stored = arena.allocate(BYTES, 64);
    for (long i = 0; i < BYTES; i += 8) {
      stored.set(ValueLayout.JAVA_LONG, i, i * 0x9E3779B97F4A7C15L);
    }
    for (int t = 0; t < TENSORS; t++) {
      String name = "model.layers." + t + ".weight";
      sources.add(TensorSource.of(name, SafetensorsDType.BF16, SHAPE, stored));
    }
    write();
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      for (TensorInfo t : open.tensors()) {
        open.read(t, 0, buffer);
        if (buffer.mismatch(stored) >= 0 || open.tensors().size() != TENSORS) {
          throw new IllegalStateException(t + ": is not what was written; not timed");
        }
      }
    }
    load().print("reading and writing");
  }

  public static Load load() {
    return new Load((double) TENSORS * BYTES, 0);
  }

  @Benchmark
  public int open() throws IOException {
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      return open.tensors().size();
    }
  }

  @Benchmark
  public MemorySegment read() throws IOException {
    try (SafetensorsFile open = SafetensorsFile.open(file)) {
      for (TensorInfo t : open.tensors()) {
        open.read(t, 0, buffer);
      }
    }
    return buffer;
  }

  @Benchmark
  public void write() throws IOException {
    SafetensorsWriter.write(file, sources);
  }

  @TearDown
  public void tearDown() throws IOException {
    arena.close();
    Files.delete(file);
    Files.delete(folder);
  }
}
