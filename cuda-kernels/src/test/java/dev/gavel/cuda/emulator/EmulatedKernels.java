package dev.gavel.cuda.emulator;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// What the emulator says of its kernels.
public final class EmulatedKernels {
  private EmulatedKernels() {}

  /// The exported kernels of each `.cu`, by its stem.
  public static Map<String, TreeSet<String>> exported() {
    Map<String, TreeSet<String>> all = new TreeMap<>();
    for (String line : ask("simt_kernels")) {
      String[] words = line.split(" ", 2);
      all.computeIfAbsent(words[0], _ -> new TreeSet<>()).add(words[1]);
    }
    return all;
  }

  /// The kernels that were launched in this process.
  public static TreeSet<String> launched() {
    return new TreeSet<>(ask("simt_launched"));
  }

  /// Calls a function without parameters that returns a text, and splits that into lines.
  private static List<String> ask(String function) {
    Path library = Path.of(System.getProperty("gavel.cuda.libs"), "libcuda.so.1").toAbsolutePath();
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        SymbolLookup.libraryLookup(library, Arena.global()).findOrThrow(function);
    try {
      MemorySegment text =
          (MemorySegment)
              linker
                  .downcallHandle(address, FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0).lines().toList();
    } catch (Throwable e) {
      throw new AssertionError(function + " of " + library, e);
    }
  }
}
