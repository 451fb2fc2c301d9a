/// Tensors, autograd and the CPU backends of Gavel.
module dev.gavel.tensor {
  requires static org.jspecify;
  requires transitive tools.jackson.databind;
  requires jdk.incubator.vector;
  requires jdk.jfr;

  exports dev.gavel.tensor;
  exports dev.gavel.tensor.io;
  exports dev.gavel.tensor.op;
  exports dev.gavel.tensor.optim;
  exports dev.gavel.tensor.spi;

  uses dev.gavel.tensor.spi.BackendProvider;

  provides dev.gavel.tensor.spi.BackendProvider with
      dev.gavel.tensor.internal.reference.ReferenceProvider,
      dev.gavel.tensor.internal.vector.VectorProvider;
}
