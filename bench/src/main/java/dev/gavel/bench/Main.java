package dev.gavel.bench;

import dev.gavel.bench.peer.Worker;
import java.util.Arrays;

/// Entry point of `benchmarks.jar`, which `gavel bench` starts.
public final class Main {
  private Main() {}

  public static void main(String[] args) throws Exception {
    String first = args.length == 0 ? "" : args[0];
    String[] rest = args.length == 0 ? args : Arrays.copyOfRange(args, 1, args.length);
    switch (first) {
      case "worker" -> Worker.main(rest);
      default -> org.openjdk.jmh.Main.main(args);
    }
  }
}
