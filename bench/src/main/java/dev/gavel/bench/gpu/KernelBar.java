package dev.gavel.bench.gpu;

/// What a kernel should reach on a Hopper device.
final class KernelBar {
  private static final double FORWARD_TERAFLOPS = 300;
  private static final double BACKWARD_TERAFLOPS = 180;
  private static final double DECODE_OF_COPY = 0.75;

  private KernelBar() {}

  /// @return `300: reached`, or nothing where there is no bar
  static String of(Rate r, double copyGigabytes) {
    String name = r.name();
    if (name.startsWith("AttentionForward") && name.endsWith("128 WGMMA")) {
      return said("300", r.teraflops() >= FORWARD_TERAFLOPS);
    }
    if (name.startsWith("AttentionBackward") && name.endsWith("128 WGMMA")) {
      return said("180", r.teraflops() >= BACKWARD_TERAFLOPS);
    }
    if (name.startsWith("AttentionDecode")) {
      return said("75 %", r.gigabytes() >= DECODE_OF_COPY * copyGigabytes);
    }
    return "";
  }

  private static String said(String bar, boolean reached) {
    return bar + (reached ? ": reached" : ": missed");
  }
}
