package dev.gavel.cuda;

import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInfo;

/// A test on the emulated driver: the same classes, the same PTX and the same launches as on a
/// device, with the kernels running on this CPU under the emulator's checks. What a test allocates
/// is freed after it. Values of bf16 arrays are given and read as floats.
public abstract class EmulatorTest {
  private static final Path LIBRARIES =
      Path.of(System.getProperty("gavel.cuda.libs", "target/simt"));

  /// One for the whole process: JCuda's classes initialise once.
  protected static CudaContext context;

  protected static Stream stream;

  /// `-Dgavel.cuda.device=true`: the driver and the device of this machine instead.
  private static final boolean ON_DEVICE = Boolean.getBoolean("gavel.cuda.device");

  private static final Set<String> RAN = new HashSet<>();

  private final List<Long> allocated = new ArrayList<>();

  /// The classes of this kind whose tests have begun in this process.
  public static Set<String> ran() {
    return Collections.unmodifiableSet(RAN);
  }

  /// Whether the emulated driver is there; without it a test is skipped (the build has said why),
  /// or fails where `-Dgavel.require=emulator` asks for it.
  public static boolean emulatorIsBuilt() {
    boolean built = Files.exists(LIBRARIES.resolve("libcuda.so.1"));
    boolean required =
        List.of(System.getProperty("gavel.require", "").split(",")).contains("emulator");
    if (!built && required) {
      throw new AssertionError(
          "-Dgavel.require=emulator, but " + LIBRARIES + " has no libcuda.so.1: g++ builds it");
    }
    return built;
  }

  @BeforeAll
  static void openEmulator(TestInfo info) {
    info.getTestClass().map(Class::getSimpleName).ifPresent(RAN::add);
    assumeTrue(ON_DEVICE || emulatorIsBuilt(), "no emulated driver: the build could not make it");
    if (context == null) {
      context = CudaContext.open(0);
      stream = context.stream();
    }
  }

  /// For tests that do what would spoil a real device's context.
  protected static void emulatedOnly() {
    assumeFalse(ON_DEVICE, "only on the emulator");
  }

  @AfterEach
  void freeMemory() {
    allocated.forEach(context::free);
    allocated.clear();
  }

  /// Device memory; the emulator knows that nothing was written there yet.
  protected long allocate(long bytes) {
    long address = context.allocate(bytes);
    allocated.add(address);
    return address;
  }

  protected long uploadFloats(float... values) {
    try (Arena arena = Arena.ofConfined()) {
      return upload(arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
    }
  }

  protected long uploadInts(int... values) {
    try (Arena arena = Arena.ofConfined()) {
      return upload(arena.allocateFrom(ValueLayout.JAVA_INT, values));
    }
  }

  /// Rounded to bf16.
  protected long uploadBf16(float... values) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment m = arena.allocate(Math.max(2, 2L * values.length), 16);
      for (int i = 0; i < values.length; i++) {
        m.setAtIndex(ValueLayout.JAVA_SHORT, i, toBf16(values[i]));
      }
      return upload(m);
    }
  }

  private long upload(MemorySegment source) {
    long address = allocate(source.byteSize());
    context.upload(source, address);
    return address;
  }

  protected float[] floats(long address, int count) {
    return download(address, 4L * count).toArray(ValueLayout.JAVA_FLOAT);
  }

  protected int[] ints(long address, int count) {
    return download(address, 4L * count).toArray(ValueLayout.JAVA_INT);
  }

  protected float[] floatsOfBf16(long address, int count) {
    short[] bits = download(address, 2L * count).toArray(ValueLayout.JAVA_SHORT);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = fromBf16(bits[i]);
    }
    return values;
  }

  /// The raw bytes, to compare bits.
  protected byte[] bytes(long address, int count) {
    return download(address, count).toArray(ValueLayout.JAVA_BYTE);
  }

  private static MemorySegment download(long address, long bytes) {
    MemorySegment m = Arena.ofAuto().allocate(Math.max(8, bytes), 8).asSlice(0, bytes);
    context.download(address, m);
    return m;
  }

  /// Nearest, ties to even.
  public static short toBf16(float x) {
    int bits = Float.floatToRawIntBits(x);
    return Float.isNaN(x) ? 0x7fff : (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  public static float fromBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /// x as bf16 holds it.
  public static float roundBf16(float x) {
    return fromBf16(toBf16(x));
  }
}
