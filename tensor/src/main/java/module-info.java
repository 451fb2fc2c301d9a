/// Tensors, autograd and the CPU backends of Gavel.
module dev.gavel.tensor {
  requires static org.jspecify;
  requires transitive tools.jackson.databind;
  requires jdk.incubator.vector;

  exports dev.gavel.tensor;
  exports dev.gavel.tensor.io;
}
