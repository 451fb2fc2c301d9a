package dev.gavel.cuda.kernels;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.Kernel;
import dev.gavel.cuda.driver.Modules;
import dev.gavel.tensor.DType;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A kernel that exists for some element types: the type's name ends its own. Looked up when it is
/// first needed, which loads its file.
final class Typed {
  private final Modules modules;
  private final String stem;
  private final String entry;
  private final @Nullable Kernel[] known = new Kernel[DType.values().length];

  Typed(CudaContext context, String stem, String entry) {
    modules = context.modules();
    this.stem = stem;
    this.entry = entry;
  }

  /// @throws IllegalArgumentException for a type other than F32 and BF16
  Kernel of(DType type) {
    Kernel k = known[type.ordinal()];
    if (k == null) {
      if (type != DType.F32 && type != DType.BF16) {
        throw new IllegalArgumentException(
            entry + ": takes F32 and BF16, found " + type + "; cast it");
      }
      k = modules.kernel(stem, entry + "_" + name(type));
      known[type.ordinal()] = k;
    }
    return k;
  }

  /// As the kernels have it: `bf16`.
  static String name(DType type) {
    return type.name().toLowerCase(Locale.ROOT);
  }
}
