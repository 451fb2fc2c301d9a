package dev.gavel.cuda.driver;

import jcuda.driver.JCudaDriver;

/// What the driver says.
final class Driver {
  private Driver() {}

  /// Turns an error code into an exception.
  ///
  /// @param what what was tried, as `cuMemAlloc of 4096 bytes`
  static void check(int code, String what) {
    if (code != 0) {
      throw failure(code, what);
    }
  }

  static CudaFailure failure(int code, String what) {
    return new CudaFailure(what, code, words(code));
  }

  /// `CUDA_ERROR_OUT_OF_MEMORY (out of memory)`.
  static String words(int code) {
    String[] name = new String[1];
    String[] text = new String[1];
    JCudaDriver.cuGetErrorName(code, name);
    JCudaDriver.cuGetErrorString(code, text);
    return name[0] == null ? "error " + code : name[0] + " (" + text[0] + ")";
  }
}
