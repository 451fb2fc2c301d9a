package dev.gavel.cli;

import dev.gavel.llama.generate.Generator;
import dev.gavel.llama.hub.LlamaConfig;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.spi.KvPool;
import dev.gavel.train.model.LoadedModel;
import dev.gavel.train.run.SystemMemory;
import java.io.PrintStream;
import java.util.OptionalLong;

/// How much memory keys and values may take, settled before any is used.
final class CacheRoom {
  /// Where the system does not tell what is free.
  private static final long UNKNOWN = 8L << 30;

  private CacheRoom() {}

  /// Room for `samples` samples of a whole context each, but at most half of the memory that is
  /// free once the weights are loaded. Pages are taken from the system as they come into use.
  static Generator.Limits of(LoadedModel model, int samples, PrintStream err) {
    LlamaConfig config = model.llama().config();
    DType arithmetic = model.device().arithmetic();
    OptionalLong own = model.device().backend().freeMemory();
    long free = own.isPresent() ? own.getAsLong() : SystemMemory.free().orElse(UNKNOWN);
    Generator.Limits limits = Generator.Limits.of(config, arithmetic, samples, free / 2);
    long bytes = limits.pages() * Generator.Limits.bytesPerPage(config, arithmetic);
    err.printf(
        "on %s with %d threads; at most %d samples at once; keys and values: at most %d tokens, %s of"
            + " %s free%n",
        model.device().name(),
        model.options().threadCount(),
        samples,
        (long) limits.pages() * KvPool.PAGE,
        SystemMemory.gigabytes(bytes),
        SystemMemory.gigabytes(free));
    return limits;
  }
}
