package dev.gavel.cuda;

import dev.gavel.cuda.driver.CudaContext;
import dev.gavel.cuda.driver.CudaDevices;
import dev.gavel.cuda.driver.CudaFailure;
import dev.gavel.cuda.driver.Natives;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Finds NVIDIA devices.
public final class CudaProvider implements BackendProvider {
  /// The PTX is compute_80's.
  private static final int LEAST_CAPABILITY = 80;

  /// The first driver that reads PTX 8.0: CUDA 12.0, version 525.
  private static final int LEAST_DRIVER = 12000;

  private static @Nullable Probe probe;

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String device() {
    return "cuda";
  }

  @Override
  public int preference() {
    return 20;
  }

  @Override
  public Probe probe() {
    synchronized (CudaProvider.class) {
      if (probe == null) {
        probe = look();
      }
      return probe;
    }
  }

  private static Probe look() {
    return switch (Natives.load()) {
      case Natives.Missing(String reason, String remedy) -> new Probe.Unusable(reason, remedy);
      case Natives.Loaded(String cublas) -> {
        try {
          yield look(CudaDevices.find(), cublas);
        } catch (CudaFailure e) {
          yield new Probe.Unusable(
              "the driver says: " + e.getMessage(),
              "nvidia-smi shows whether it works; after an update of the driver restart the machine");
        }
      }
    };
  }

  private static Probe look(CudaDevices found, String cublas) {
    if (found.driver() < LEAST_DRIVER) {
      return new Probe.Unusable(
          "the driver is for CUDA %s, the kernels need 12.0"
              .formatted(CudaDevices.version(found.driver())),
          "install NVIDIA's driver 525 or later");
    }
    if (found.devices().isEmpty()) {
      return new Probe.Unusable(
          "the driver sees no device",
          "check nvidia-smi and CUDA_VISIBLE_DEVICES; in a container pass the GPU through");
    }
    CudaDevices.Device first = found.devices().getFirst();
    if (first.capability() < LEAST_CAPABILITY) {
      return new Probe.Unusable(
          "%s has compute capability %d.%d, the kernels need 8.0"
              .formatted(first.name(), first.capability() / 10, first.capability() % 10),
          "use --device cpu, or a device of the Ampere generation or later");
    }
    return new Probe.Usable(
        "%s, compute capability %d.%d, %.0f GB, driver for CUDA %s, cuBLAS from %s%s%s"
            .formatted(
                first.name(),
                first.capability() / 10,
                first.capability() % 10,
                first.memory() / 1e9,
                CudaDevices.version(found.driver()),
                cublas,
                CudaContext.graphsAreWanted() ? "" : ", no graphs",
                found.devices().size() == 1 ? "" : "; " + found.devices().size() + " devices"));
  }

  @Override
  public List<DType> types() {
    return List.of(DType.BF16, DType.F32);
  }

  @Override
  public OptionalLong freeMemory(int ordinal) {
    try (CudaContext context = CudaContext.open(ordinal)) {
      return OptionalLong.of(context.freeMemory());
    }
  }

  @Override
  public Backend open(int threads, int ordinal) {
    return new CudaBackend(CudaContext.open(ordinal));
  }
}
