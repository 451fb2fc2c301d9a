package dev.gavel.cuda.driver;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/// The kernels of a device, from the PTX among this module's resources. A file is handed to the
/// driver, which compiles it for the device, when its first kernel is asked for.
public final class Modules implements AutoCloseable {
  private static final String PTX = "/dev/gavel/cuda/ptx/";

  private final CudaContext context;
  private final Map<String, Loaded> files = new HashMap<>();
  private final Map<String, Kernel> kernels = new HashMap<>();

  Modules(CudaContext context) {
    this.context = context;
  }

  private record Loaded(CUmodule module, String file, String ptx) {}

  /// A kernel; the same object for the same name.
  ///
  /// @param stem the file's, as `rmsnorm` for `rmsnorm.cu`
  /// @param entry the `extern "C"` name, as `rmsnorm_forward`
  /// @throws IllegalArgumentException when there is no such file or kernel
  public Kernel kernel(String stem, String entry) {
    Kernel known = kernels.get(entry);
    if (known == null) {
      known = make(files.computeIfAbsent(stem, this::load), entry);
      kernels.put(entry, known);
    }
    return known;
  }

  /// Whether the file can run on this device: one that was compiled for an architecture's own
  /// instructions (`NAME.90a.ptx`) runs there alone.
  public boolean has(String stem) {
    return resource(stem) != null;
  }

  private Kernel make(Loaded from, String entry) {
    Signature signature = Signature.of(from.ptx, from.file, entry);
    CUfunction function = new CUfunction();
    context.bind();
    Driver.check(
        JCudaDriver.cuModuleGetFunction(function, from.module, entry), entry + " in " + from.file);
    return new Kernel(context, function, signature);
  }

  private @Nullable String resource(String stem) {
    String own = stem + "." + context.capability() + "a.ptx";
    String any = stem + ".ptx";
    return Modules.class.getResource(PTX + own) != null
        ? own
        : Modules.class.getResource(PTX + any) != null ? any : null;
  }

  private Loaded load(String stem) {
    String file = resource(stem);
    if (file == null) {
      throw new IllegalArgumentException(
          "no PTX of "
              + stem
              + ".cu for compute capability "
              + context.capability()
              + " among the resources; tools/ptx.py makes it");
    }
    String ptx = read(file);
    CUmodule module = new CUmodule();
    context.bind();
    int code = JCudaDriver.cuModuleLoadData(module, ptx); // this form adds the final 0
    if (code != 0) {
      throw Driver.failure(code, file + " on " + context.name());
    }
    return new Loaded(module, file, ptx);
  }

  private static String read(String file) {
    try (InputStream in = Modules.class.getResourceAsStream(PTX + file)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + PTX + file);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
  }

  @Override
  public void close() {
    kernels.clear();
    for (Loaded l : files.values()) {
      Driver.check(JCudaDriver.cuModuleUnload(l.module), "unloading " + l.file);
    }
    files.clear();
  }
}
