package dev.gavel.train.star;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.BadRow;
import dev.gavel.train.data.Item;
import dev.gavel.train.data.Row;
import dev.gavel.train.data.RowException;
import dev.gavel.train.data.RowReader;
import dev.gavel.train.judge.Order;
import dev.gavel.train.judge.PairRow;
import dev.gavel.train.judge.Placement;
import dev.gavel.train.judge.VerdictRule;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Another model's rationales: rows `{"id", "text", "order"?}`, where `id` is that of a pair.
/// Without `order` the text speaks of the places that `--order` gives the pair. The `votes.jsonl`
/// of `judge` is such a file.
final class Rationales {
  private final Path file;
  private final Map<String, List<Read>> byId = new HashMap<>();

  private record Read(Optional<Order> order, String text, int @Nullable [] ids) {}

  private Rationales(Path file) {
    this.file = file;
  }

  static Rationales read(Path file) throws IOException {
    Rationales all = new Rationales(file);
    try (RowReader reader =
        RowReader.open(List.of(file), InputStream.nullInputStream(), () -> {})) {
      for (@Nullable Item item = reader.next(); item != null; item = reader.next()) {
        switch (item) {
          case BadRow bad -> throw new FormatException(bad.place() + ": " + bad.error());
          case Row row -> all.add(row);
        }
      }
    }
    return all;
  }

  private void add(Row row) throws FormatException {
    try {
      String id = Json.write(row.value("id"));
      byId.computeIfAbsent(id, i -> new ArrayList<>()).add(read(row));
    } catch (RowException e) {
      throw new FormatException(row.place() + ": " + e.getMessage(), e);
    }
  }

  private static Read read(Row row) throws RowException {
    return new Read(Order.of(row), row.text("text"), row.has("ids") ? row.ids("ids") : null);
  }

  /// The chains that some pairs have here.
  ///
  /// @throws FormatException where no pair has one
  List<Chain> of(List<PairRow> pairs, Placement placement, VerdictRule rule, Prompts prompts)
      throws FormatException {
    List<Chain> chains = new ArrayList<>();
    for (PairRow pair : pairs) {
      int draw = 0;
      for (Read read : byId.getOrDefault(Json.write(pair.id()), List.of())) {
        Order order = read.order.orElseGet(() -> placement.orders(pair.id()).getFirst());
        int[] ids =
            read.ids == null
                ? prompts.answer(pair, order, read.text)
                : prompts.answer(pair, order, read.text, read.ids);
        var outcome = pair.outcome(order, rule.read(read.text));
        chains.add(new Chain(pair, order, draw++, outcome, read.text, ids));
      }
    }
    if (chains.isEmpty()) {
      throw new FormatException(
          file + ": none of its ids is that of a pair of this round; ids are those of --dataset");
    }
    return chains;
  }
}
