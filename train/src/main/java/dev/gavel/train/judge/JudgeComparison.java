package dev.gavel.train.judge;

import dev.gavel.tensor.FormatException;
import dev.gavel.tensor.io.Json;
import dev.gavel.train.config.Opt;
import dev.gavel.train.config.OptGroup;
import dev.gavel.train.eval.Agreement;
import dev.gavel.train.eval.Bootstrap;
import dev.gavel.train.eval.ItemVotes;
import dev.gavel.train.eval.PairedAccuracy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// `gavel judge --compare`: do two judges say the same, and is one better, on the items that both
/// have judged?
public final class JudgeComparison {
  /// What is compared.
  @OptGroup("Comparison")
  public record Options(
      @Opt(value = "two judged folders", meta = "DIR") List<Path> compare,
      @Opt(value = "decides the resamples", def = "42") long seed) {
    public Options {
      if (compare.size() != 2) {
        throw new IllegalArgumentException(
            "--compare takes two folders, found " + compare.size() + ": " + compare);
      }
    }
  }

  private final Options options;

  public JudgeComparison(Options options) {
    this.options = options;
  }

  /// @return what is printed
  /// @throws FormatException where the folders have no item in common
  public ObjectNode run() throws IOException {
    JudgedFolder a = JudgedFolder.open(options.compare().get(0));
    JudgedFolder b = JudgedFolder.open(options.compare().get(1));
    Map<String, ItemVotes> ofB = new HashMap<>();
    b.count().tally().items().forEach(item -> ofB.put(key(item), item));
    List<ItemVotes> inA = new ArrayList<>();
    List<ItemVotes> inB = new ArrayList<>();
    for (ItemVotes item : a.count().tally().items()) {
      ItemVotes other = ofB.get(key(item));
      if (other != null) {
        requireSamePair(a, item.row(), b, other.row());
        inA.add(item);
        inB.add(other);
      }
    }
    if (inA.isEmpty()) {
      throw new FormatException(
          "%s and %s have no item in common (ids as %s and %s)"
              .formatted(a.dir(), b.dir(), a.pairs().getFirst().id(), b.pairs().getFirst().id()));
    }
    ObjectNode json = Json.mapper().createObjectNode();
    json.put("n", inA.size());
    json.put("only_a", a.pairs().size() - inA.size());
    json.put("only_b", b.pairs().size() - inB.size());
    add(json, Agreement.of(said(inA), said(inB)));
    PairedAccuracy.of(inA, inB, new Bootstrap(options.seed(), Bootstrap.RESAMPLES)).addTo(json);
    return json;
  }

  private static String key(ItemVotes item) {
    return Json.write(item.row().id());
  }

  private static void requireSamePair(JudgedFolder a, PairRow one, JudgedFolder b, PairRow other)
      throws FormatException {
    boolean same =
        one.prompt().equals(other.prompt())
            && one.first().equals(other.first())
            && one.second().equals(other.second())
            && one.label() == other.label();
    if (!same) {
      throw new FormatException(
          "item %s of %s is another pair than item %s of %s; compare two judges of the same data"
              .formatted(one.id(), a.dir(), other.id(), b.dir()));
    }
  }

  private static List<@Nullable Side> said(List<ItemVotes> items) {
    List<@Nullable Side> said = new ArrayList<>();
    items.forEach(item -> said.add(item.preferred()));
    return said;
  }

  private static void add(ObjectNode json, Agreement agreement) {
    json.put("agreement", agreement.agreement()).put("kappa", agreement.kappa());
    ObjectNode table = json.putObject("table");
    for (int i = 0; i < Agreement.SAYS.size(); i++) {
      ObjectNode row = table.putObject(Agreement.SAYS.get(i));
      for (int j = 0; j < Agreement.SAYS.size(); j++) {
        row.put(Agreement.SAYS.get(j), agreement.table()[i][j]);
      }
    }
  }
}
