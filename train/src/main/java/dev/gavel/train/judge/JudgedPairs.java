package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.data.PairFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `pairs.jsonl`: what was judged, so that votes can be counted again where the data is not at
/// hand. Rows `{"id", "prompt", "response_a", "response_b", "label", "subset"}`, themselves a data
/// set for `gavel judge`.
final class JudgedPairs {
  static final String NAME = "pairs.jsonl";

  private JudgedPairs() {}

  static void write(Path folder, List<PairRow> pairs) throws IOException {
    WholeLines.write(
        folder.resolve(NAME),
        lines -> {
          for (PairRow pair : pairs) {
            lines.add(Json.write(json(pair)));
          }
        });
  }

  private static ObjectNode json(PairRow pair) {
    ObjectNode row = Json.mapper().createObjectNode();
    row.set("id", pair.id());
    var prompt = row.putArray("prompt");
    pair.prompt()
        .forEach(m -> prompt.addObject().put("role", m.role()).put("content", m.content()));
    row.put("response_a", pair.first()).put("response_b", pair.second());
    row.put("label", label(pair.label()));
    return row.put("subset", pair.subset());
  }

  private static @Nullable String label(@Nullable Label label) {
    return label == null
        ? null
        : switch (label) {
          case FIRST -> "A";
          case SECOND -> "B";
          case TIE -> "tie";
        };
  }

  static List<PairRow> read(Path folder) throws IOException {
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      throw new FormatException(
          "%s: has no %s, which `gavel judge` writes when all is judged; repeat its call there"
              .formatted(folder, NAME));
    }
    return new PairReader(PairFormat.RESPONSES).readAll(List.of(file));
  }
}
