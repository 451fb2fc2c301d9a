/// The CUDA backend. JCuda's jars have no descriptors, so they are automatic modules here, and
/// their natives, two jars with nothing but libraries, lie beside them.
module dev.gavel.cuda {
  requires static org.jspecify;
  requires dev.gavel.tensor;
  requires jcuda;
  requires jcublas;

  exports dev.gavel.cuda.driver;
  exports dev.gavel.cuda.kernels;

  provides dev.gavel.tensor.spi.BackendProvider with
      dev.gavel.cuda.CudaProvider;
}
