package dev.gavel.cuda.driver;

/// Something that the driver or cuBLAS refused, with the name of what was tried and their words.
public final class CudaFailure extends RuntimeException {
  private static final long serialVersionUID = 1;

  private static final int OUT_OF_MEMORY = 2;

  private final int code;

  CudaFailure(String what, int code, String words) {
    super(what + ": " + words);
    this.code = code;
  }

  /// The driver's number.
  public int code() {
    return code;
  }

  /// Whether there was not enough device memory.
  public boolean isOutOfMemory() {
    return code == OUT_OF_MEMORY;
  }
}
