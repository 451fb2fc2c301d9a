package dev.gavel.bench.report;

import dev.gavel.bench.Load;
import dev.gavel.bench.io.SafetensorsBench;
import dev.gavel.bench.io.TokenizerBench;
import dev.gavel.bench.kernel.AttentionBench;
import dev.gavel.bench.kernel.ElementBench;
import dev.gavel.bench.kernel.GemmBench;
import dev.gavel.bench.kernel.LinearBench;
import dev.gavel.bench.kernel.PagedAttentionBench;
import dev.gavel.bench.model.DecodeBench;
import dev.gavel.bench.model.DpoBench;
import dev.gavel.bench.model.PrefillBench;
import dev.gavel.bench.model.SftBench;
import dev.gavel.bench.op.BenchedOps;
import dev.gavel.tensor.DType;
import dev.gavel.tensor.op.Op;
import dev.gavel.tensor.op.OpCase;
import dev.gavel.tensor.op.Work;
import java.io.IOException;
import java.util.function.Function;

/// What a call of a JMH bench has to do at least.
final class Loads {
  private static final Load NOT_STATED = new Load(0, 0);

  private Loads() {}

  /// @param bench `OpBench.forward`
  /// @param p the bench's parameters
  static Load of(String bench, Function<String, String> p) throws IOException {
    return switch (bench) {
      case "OpBench.forward" -> forward(work(p.apply("op")));
      case "OpBench.backward" -> new Load(0, work(p.apply("op")).backwardFlops());
      case "GemmBench.product" -> GemmBench.load(p.apply("shape"));
      case "LinearBench.step" ->
          LinearBench.load(Integer.parseInt(p.apply("rows")), DType.valueOf(p.apply("type")));
      case "AttentionBench.forward" ->
          AttentionBench.load(p.apply("batch"), p.apply("heads"), false);
      case "AttentionBench.backward" ->
          AttentionBench.load(p.apply("batch"), p.apply("heads"), true);
      case "PagedAttentionBench.step" ->
          PagedAttentionBench.load(
              Integer.parseInt(p.apply("sequences")), Integer.parseInt(p.apply("prompt")));
      case "ElementBench.run" ->
          ElementBench.load(
              ElementBench.Kernel.valueOf(p.apply("kernel")), Integer.parseInt(p.apply("n")));
      case "SftBench.step" -> SftBench.load(p.apply("shape"));
      case "DpoBench.step" -> DpoBench.load(p.apply("shape"), p.apply("lengths"));
      case "DecodeBench.step" ->
          DecodeBench.load(p.apply("shape"), Integer.parseInt(p.apply("samples")));
      case "PrefillBench.firstToken" ->
          PrefillBench.load(p.apply("shape"), Integer.parseInt(p.apply("tokens")));
      case "TokenizerBench.encode", "TokenizerBench.decode" -> TokenizerBench.load(p.apply("text"));
      case "SafetensorsBench.read", "SafetensorsBench.write" -> SafetensorsBench.load();
      default -> NOT_STATED;
    };
  }

  private static Work work(String name) {
    Op op = BenchedOps.named(name);
    OpCase c = op.benchCase();
    return c.op().work(c);
  }

  private static Load forward(Work work) {
    return new Load(work.bytes(), work.flops());
  }
}
