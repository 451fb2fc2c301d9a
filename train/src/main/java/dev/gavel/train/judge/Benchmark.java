package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.report.Page;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// What a benchmark adds to the folder of its judged pairs.
public interface Benchmark {
  /// Looks at the pairs before anything is judged.
  ///
  /// @throws FormatException when they are not the benchmark's
  void check(List<PairRow> pairs) throws FormatException;

  /// Adds its figures to `results` and `page`, and its own files to `folder`.
  void add(Path folder, List<ItemVotes> items, ObjectNode results, Page page) throws IOException;

  /// Pairs of no benchmark.
  Benchmark NONE =
      new Benchmark() {
        @Override
        public void check(List<PairRow> pairs) {}

        @Override
        public void add(Path folder, List<ItemVotes> items, ObjectNode results, Page page) {}
      };
}
