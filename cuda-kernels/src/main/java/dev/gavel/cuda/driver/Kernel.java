package dev.gavel.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.JCudaDriver;

/// A kernel and its next launch, written as one sentence:
///
/// ```java
/// k.grid(rows).block(256).arg(y).arg(x).arg(dim).arg(eps).launch(stream);
/// ```
///
/// Arguments are checked, in kind and number, against what the PTX declares. Nothing is allocated:
/// values stand in native memory, beside an array of their addresses, and the driver has copied
/// them when the call returns. Inside a step a launch is written down ([Steps]).
public final class Kernel {
  /// Above this much dynamic shared memory a kernel asks the driver first: it has to above 48 KiB,
  /// of which its static shared memory takes a part.
  private static final int SHARED_WITHOUT_ASKING = 32 << 10;

  static final boolean SYNC = Boolean.getBoolean("gavel.cuda.sync");

  /// Words of a launch before its arguments.
  private static final int SIZES = 3;

  private final CudaContext context;
  private final CUfunction function;
  private final Signature signature;
  private final Signature.Kind[] kinds;
  private final long[] arguments;
  private final int command;
  private final MemorySegment values;
  private final Pointer parameters;
  private int gridX;
  private int gridY;
  private int gridZ;
  private int blockX;
  private int blockY;
  private int blockZ;
  private int shared;
  private int allowedShared = SHARED_WITHOUT_ASKING;
  private int count;

  Kernel(CudaContext context, CUfunction function, Signature signature) {
    this.context = context;
    this.function = function;
    this.signature = signature;
    this.kinds = signature.kinds().toArray(Signature.Kind[]::new);
    this.arguments = new long[kinds.length];
    this.command = context.steps().register(this::send);
    MemorySegment memory = Arena.ofAuto().allocate(Math.max(16L, 16L * kinds.length), 8);
    this.values = memory;
    for (int i = 0; i < kinds.length; i++) {
      memory.setAtIndex(ValueLayout.JAVA_LONG, kinds.length + i, memory.address() + 8L * i);
    }
    this.parameters = Address.pointer(memory.address() + 8L * kinds.length);
  }

  public String name() {
    return signature.entry();
  }

  /// Starts a launch.
  public Kernel grid(int x) {
    return grid(x, 1, 1);
  }

  public Kernel grid(int x, int y) {
    return grid(x, y, 1);
  }

  public Kernel grid(int x, int y, int z) {
    gridX = x;
    gridY = y;
    gridZ = z;
    blockX = 0;
    shared = 0;
    count = 0;
    return this;
  }

  public Kernel block(int x) {
    return block(x, 1, 1);
  }

  public Kernel block(int x, int y) {
    return block(x, y, 1);
  }

  public Kernel block(int x, int y, int z) {
    blockX = x;
    blockY = y;
    blockZ = z;
    return this;
  }

  /// Bytes of dynamic shared memory.
  public Kernel shared(int bytes) {
    shared = bytes;
    return this;
  }

  /// An address or a 64-bit integer.
  public Kernel arg(long value) {
    arguments[next(Signature.Kind.LONG)] = value;
    return this;
  }

  public Kernel arg(int value) {
    arguments[next(Signature.Kind.INT)] = Integer.toUnsignedLong(value);
    return this;
  }

  public Kernel arg(float value) {
    int bits = Float.floatToRawIntBits(value);
    arguments[next(Signature.Kind.FLOAT)] = Integer.toUnsignedLong(bits);
    return this;
  }

  private int next(Signature.Kind given) {
    int i = count++;
    if (i >= kinds.length) {
      throw new IllegalArgumentException(
          name() + ": too many arguments, " + signature.file() + " declares " + kinds.length);
    }
    if (kinds[i] != given) {
      throw new IllegalArgumentException(
          name()
              + ": argument "
              + i
              + " (from 0) is "
              + kinds[i].words
              + " in "
              + signature.file()
              + ", found "
              + given.words);
    }
    return i;
  }

  /// Puts the kernel on a stream. A grid without blocks is no launch.
  ///
  /// @throws CudaFailure when the driver refuses, or has noticed that an earlier kernel failed
  public void launch(Stream stream) {
    if (count != kinds.length || blockX == 0) {
      throw new IllegalArgumentException(
          blockX == 0
              ? name() + ": no block size was given"
              : name()
                  + ": "
                  + count
                  + " arguments, "
                  + signature.file()
                  + " declares "
                  + kinds.length);
    }
    if (gridX == 0 || gridY == 0 || gridZ == 0) {
      return;
    }
    if (context.steps().recording()) {
      write(context.steps());
    } else {
      send(stream);
    }
  }

  private void write(Steps steps) {
    int at = steps.open(command, SIZES + kinds.length);
    long[] words = steps.words();
    words[at] = gridX | (long) gridY << 32;
    words[at + 1] = gridZ | (long) shared << 32;
    words[at + 2] = blockX | (long) blockY << 16 | (long) blockZ << 32;
    System.arraycopy(arguments, 0, words, at + SIZES, kinds.length);
    steps.written();
  }

  /// Sends what [#write] wrote down.
  private void send(long[] words, int at) {
    gridX = (int) words[at];
    gridY = (int) (words[at] >> 32);
    gridZ = (int) words[at + 1];
    shared = (int) (words[at + 1] >> 32);
    blockX = (int) words[at + 2] & 0xffff;
    blockY = (int) words[at + 2] >>> 16;
    blockZ = (int) (words[at + 2] >> 32);
    System.arraycopy(words, at + SIZES, arguments, 0, kinds.length);
    send(context.stream());
  }

  private void send(Stream stream) {
    context.bind();
    if (shared > allowedShared) {
      allowShared();
    }
    for (int i = 0; i < arguments.length; i++) { // the low bytes come first
      values.setAtIndex(ValueLayout.JAVA_LONG, i, arguments[i]);
    }
    LaunchObserver o = stream.observe(signature.entry());
    int code =
        JCudaDriver.cuLaunchKernel(
            function,
            gridX,
            gridY,
            gridZ,
            blockX,
            blockY,
            blockZ,
            shared,
            stream.handle(),
            parameters,
            null);
    Stream.observed(o, signature.entry());
    if (code == 0 && SYNC) {
      code = JCudaDriver.cuStreamSynchronize(stream.handle());
    }
    if (code != 0) {
      throw Driver.failure(code, toString());
    }
  }

  private void allowShared() {
    Driver.check(
        JCudaDriver.cuFuncSetAttribute(
            function, CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, shared),
        name() + ": " + shared + " bytes of shared memory");
    allowedShared = shared;
  }

  /// The last launch: `rmsnorm_forward<<<128, 256>>>`.
  @Override
  public String toString() {
    return name()
        + "<<<"
        + size(gridX, gridY, gridZ)
        + ", "
        + size(blockX, blockY, blockZ)
        + (shared == 0 ? "" : ", " + shared)
        + ">>>";
  }

  private static String size(int x, int y, int z) {
    return z > 1 ? x + "x" + y + "x" + z : y > 1 ? x + "x" + y : "" + x;
  }
}
