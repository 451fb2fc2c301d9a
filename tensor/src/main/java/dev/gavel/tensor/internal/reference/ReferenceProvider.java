package dev.gavel.tensor.internal.reference;

import dev.gavel.tensor.DType;
import dev.gavel.tensor.internal.host.HostMemory;
import dev.gavel.tensor.spi.Backend;
import dev.gavel.tensor.spi.BackendProvider;
import dev.gavel.tensor.spi.Probe;
import java.util.List;

/// The reference backend; usable everywhere.
public final class ReferenceProvider implements BackendProvider {
  @Override
  public String name() {
    return "reference";
  }

  @Override
  public String device() {
    return "cpu";
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Probe probe() {
    return new Probe.Usable("plain loops in double, one thread");
  }

  @Override
  public List<DType> types() {
    return List.of(DType.F64);
  }

  @Override
  public Backend open(int threads, int ordinal) {
    return new ReferenceBackend(HostMemory.plain());
  }
}
